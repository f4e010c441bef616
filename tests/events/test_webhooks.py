"""A program of a fund hears what happens at its funds and portals, signed as Standard Webhooks asks."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from idp.actions import emails, erasure, phones
from idp.actions.actor import Actor
from idp.audit.events.people import LegacyAccountMigrated
from idp.audit.log import AuditEvent, record
from idp.clients.subscriptions import Webhook, WebhookEventName, signing_key, webhook_faults
from idp.commands import main
from idp.commands.context import Context
from idp.events import kept_events, webhooks
from idp.invitations import redemption
from idp.notices.notice import without_page
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments
from idp.provider import Provider
from idp.upkeep import diagnosis
from tests.flows.registrations import Letters
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.people import email
from tests.support.programs import Program as Caller
from tests.support.signed_in import new_person
from tests.support.web_server import Served, serving
from tests.support.worker import deliver

NEW, OLD = ("whsec_" + b64encode(bytes([n] * 32)).decode() for n in (1, 2))
EVERY: tuple[WebhookEventName, ...] = get_args(WebhookEventName)
READS_CONTACTS, READS_NONE = "persons:read contacts:read", "persons:read"
REPLAYS = "persons:read contacts:read webhooks:write"


@pytest.fixture
def overrides(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("HOOK_SECRET", NEW)
    monkeypatch.setenv("HOOK_SECRET_BEFORE", OLD)
    return {}


@dataclass
class Program:
    """The software of the funds AK00 and AK01 and of the portal connect-assures."""

    served: Served
    provider: Provider

    def __post_init__(self) -> None:
        hook = Webhook(types=EVERY, url=f"{self.served.url}/hooks", secret_env="HOOK_SECRET")
        bend(self.provider, "fund-software", webhook=hook, allow_private_addresses=True, scope=READS_CONTACTS)

    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(seen.body) for seen in self.served.requests]


@pytest.fixture
def program(provider: Provider) -> Iterator[Program]:
    with serving() as served:
        yield Program(served, provider)


@pytest.fixture
def person(provider: Provider) -> str:
    """The id of a person of the program's portal."""
    found = new_person(provider)
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, found, "connect-assures", reason="test")
    return found


def give_address(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        new = email("anna.neu@example.ch")
        emails.change_email(tx, person_id, new, without_page(tx, person_id), by=Actor.person(person_id))


def give_number(provider: Provider, person_id: str, number: str) -> None:
    with provider.database.transaction() as tx:
        phones.change_phone(tx, person_id, number, without_page(tx, person_id), by=Actor.person(person_id))


def erase(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        assert erasure.erase(tx, person_id, by=Actor.clerk("anna"), reason="test") is True


def member_of(provider: Provider, fund: str, person_id: str) -> str:
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund=fund, number="10042", name="Menuiserie Favre SA")
        return memberships.join(tx, company.id, person_id, Rights()).id


@pytest.mark.both_databases
def test_a_program_hears_of_the_members_of_its_companies(
    app: Flask, provider: Provider, program: Program, person: str
) -> None:
    member = member_of(provider, "AK01", person)
    with provider.database.transaction() as tx:
        memberships.deactivate(tx, member, reason="test")
        memberships.reactivate(tx, member)
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA")
        invited = {"email": "new@example.ch", "given_name": "New", "family_name": "Person", "rights": Rights()}
        memberships.invite(tx, company.id, **invited)

    deliver(app)

    heard = program.heard()
    assert sorted(each["type"] for each in heard) == [
        "member.activated",
        "member.activated",
        "member.deactivated",
        "member.invited",
    ]
    (gone,) = [each["data"] for each in heard if each["type"] == "member.deactivated"]
    assert gone == {"person": person, "fund": "AK01", "company": "10042", "member": member}


def test_a_used_letter_is_told(app: Flask, provider: Provider, program: Program, person: str) -> None:
    issued = Letters(provider).insured()

    with provider.database.transaction() as tx:
        redemption.spend(tx, issued.code_id, person_id=person)
    deliver(app)

    (used,) = program.heard()
    assert used["type"] == "letter.used"
    assert used["data"]["fund"] == "AK00"
    assert used["data"]["person"] == person


@pytest.mark.parametrize(("scope", "told"), [(READS_CONTACTS, "anna.neu@example.ch"), (READS_NONE, None)])
def test_a_new_address_is_told_in_full_to_those_who_may_read_it(
    app: Flask, provider: Provider, program: Program, person: str, scope: str, told: str | None
) -> None:
    bend(provider, "fund-software", scope=scope)

    give_address(provider, person)
    deliver(app)

    (changed,) = program.heard()
    assert (changed["type"], changed["data"]["person"]) == ("address.changed", person)
    assert changed["data"].get("email") == told


def test_contact_data_leave_with_no_web_hook_once_the_file_gives_them_no_more(
    app: Flask, provider: Provider, program: Program, person: str
) -> None:
    give_address(provider, person)
    bend(provider, "fund-software", scope=READS_NONE)

    deliver(app)

    (changed,) = program.heard()
    assert changed["data"] == {"person": person}


@pytest.mark.both_databases
def test_contact_data_of_a_person_who_was_erased_leave_with_no_web_hook(
    app: Flask, provider: Provider, program: Program, person: str
) -> None:
    give_address(provider, person)
    give_number(provider, person, "+41793334455")
    erase(provider, person)

    deliver(app)

    heard = program.heard()
    assert sorted(each["type"] for each in heard) == ["address.changed", "phone.changed"]
    assert [each["data"] for each in heard] == [{"person": person}] * 2


@pytest.mark.both_databases
def test_contact_data_of_a_person_who_was_erased_are_kept_for_no_replay(
    app: Flask, provider: Provider, program: Program, person: str
) -> None:
    other = new_person(provider, "carla@example.ch")
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, other, "connect-assures", reason="test")
    give_address(provider, person)
    give_number(provider, other, "+41793334455")
    deliver(app)
    erase(provider, person)

    with provider.database.reading() as tx:
        kept = [each.content["body"] for each in kept_events.of_client(tx, "fund-software", "webhook", limit=9)]

    told = {each["data"]["person"]: each["data"] for each in kept if isinstance(each, dict)}
    assert told == {person: {"person": person}, other: {"person": other, "phone_number": "+41793334455"}}


def test_what_lies_outside_of_its_reach_is_not_told(app: Flask, provider: Provider, program: Program) -> None:
    stranger = new_person(provider, "carla@example.ch")
    member_of(provider, "AK02", stranger)

    give_address(provider, stranger)
    deliver(app)

    assert program.heard() == []


def test_a_web_hook_is_signed_by_both_secrets_while_one_is_replaced(
    app: Flask, provider: Provider, program: Program, person: str
) -> None:
    """Standard Webhooks: signature scheme, secret rotation"""
    hook = Webhook(
        types=EVERY,
        url=f"{program.served.url}/hooks",
        secret_env="HOOK_SECRET",
        previous_secret_env="HOOK_SECRET_BEFORE",
    )
    bend(provider, "fund-software", webhook=hook)

    give_address(provider, person)
    deliver(app)

    (seen,) = program.served.requests
    sent = {name.lower(): value for name, value in seen.headers.items()}
    signed = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + seen.body
    keys = [b64decode(secret.removeprefix("whsec_")) for secret in (NEW, OLD)]
    expected = ["v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    assert sent["webhook-signature"].split(" ") == expected


def test_a_failed_web_hook_comes_again_under_its_id_and_one_that_is_gone_does_not(
    app: Flask, provider: Provider, program: Program, person: str, clock: MovableClock
) -> None:
    program.served.status = 500
    give_address(provider, person)
    deliver(app)
    assert "answered 500" in next(diagnosis.recipients(provider)).reason

    program.served.status = 410
    for _ in range(2):
        clock.forward(hours=2)
        deliver(app)

    ids = [seen.headers["webhook-id"] for seen in program.served.requests]
    times = [seen.headers["webhook-timestamp"] for seen in program.served.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert len(set(times)) == 2


@pytest.mark.both_databases
def test_an_account_that_migrated_is_told_to_the_programs_of_its_portal(
    app: Flask, provider: Provider, program: Program, person: str
) -> None:
    with provider.database.transaction() as tx:
        for portal in ("connect-assures", "e-services"):
            record(tx, LegacyAccountMigrated(person_id=person, client_id=portal, legacy_account_id="1"))

    deliver(app)

    (migrated,) = program.heard()
    assert migrated["type"] == "account.migrated"
    assert migrated["data"] == {"person": person, "portal": "connect-assures"}


@pytest.mark.parametrize(("scope", "told"), [(READS_CONTACTS, "+41791234568"), (READS_NONE, None)])
def test_a_new_phone_number_is_told_in_full_to_those_who_may_read_it(
    app: Flask, provider: Provider, program: Program, person: str, scope: str, told: str | None
) -> None:
    bend(provider, "fund-software", scope=scope)

    with provider.database.transaction() as tx:
        phones.change_phone(tx, person, "+41791234568", without_page(tx, person), by=Actor.person(person))
    deliver(app)

    (changed,) = program.heard()
    assert (changed["type"], changed["data"]["person"]) == ("phone.changed", person)
    assert changed["data"].get("phone_number") == told


def lose(app: Flask, provider: Provider, program: Program, person: str) -> None:
    """One web-hook reaches the program, and one is lost."""
    member_of(provider, "AK01", person)
    deliver(app)
    program.served.status = 410
    give_address(provider, person)
    deliver(app)
    program.served.status = 200


def replayed(provider: Provider, *words: str) -> Result:
    context = Context()
    context.__dict__.update(settings=provider.settings, provider=provider)
    return CliRunner().invoke(
        main, ["webhooks", "replay", "fund-software", "--reason", "it was down", *words], obj=context
    )


@pytest.mark.both_databases
def test_an_operator_has_lost_events_sent_again_and_only_those(
    app: Flask, provider: Provider, program: Program, person: str
) -> None:
    lose(app, provider, program, person)
    _member, lost = program.served.requests

    first, second = replayed(provider), replayed(provider)
    deliver(app)

    assert "1 events are sent again" in first.output
    assert "0 events are sent again" in second.output
    again = program.served.requests[-1]
    assert len(program.served.requests) == 3
    assert again.headers["webhook-id"] == lost.headers["webhook-id"]
    assert again.body == lost.body
    assert list(diagnosis.event_receivers(provider)) == []


def test_an_operator_has_all_events_since_a_time_sent_again_once_an_hour(
    app: Flask, provider: Provider, program: Program, person: str, clock: MovableClock
) -> None:
    lose(app, provider, program, person)

    counts = [replayed(provider, "--since", "2020-01-01").output for _ in range(2)]
    clock.forward(hours=1)
    counts.append(replayed(provider, "--since", "2020-01-01").output)

    assert counts == ["2 events are sent again\n", "0 events are sent again\n", "2 events are sent again\n"]


def test_many_events_are_sent_again_in_parts(
    provider: Provider, program: Program, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "REPLAYED_AT_ONCE", 2)
    with provider.database.transaction() as tx:
        for _ in range(5):
            record(tx, LegacyAccountMigrated(person_id=person, client_id="connect-assures", legacy_account_id="1"))

    assert replayed(provider, "--since", "2020-01-01").output == "5 events are sent again\n"


def test_a_program_has_its_own_lost_events_sent_again(
    app: Flask, provider: Provider, program: Program, person: str, clock: MovableClock
) -> None:
    lose(app, provider, program, person)
    caller = Caller(app, clock, scope=REPLAYS)

    own = caller.post("/webhooks/replay", {"reason": "our server was down"})
    deliver(app)

    assert (own.status_code, own.get_json()) == (200, {"events": 1, "next": None})
    ids = [seen.headers["webhook-id"] for seen in program.served.requests]
    assert len(ids) == 3
    assert ids[1] == ids[2]
    with provider.database.reading() as tx:
        event = tx.session.query(AuditEvent).filter_by(name="WebhooksReplayed").one()
    assert (event.actor, event.client_id) == ("client:fund-software", "fund-software")
    assert (event.details["count"], event.details["reason"]) == (1, "our server was down")


def test_a_program_without_a_web_hook_has_none_to_be_sent(app: Flask, clock: MovableClock) -> None:
    refused = Caller(app, clock, scope=REPLAYS).post("/webhooks/replay", {"reason": "why not"})

    assert (refused.status_code, refused.get_json()["type"]) == (409, "urn:vestibule:problem:wrong-state")


def test_a_program_without_the_right_sends_nothing_again(
    app: Flask, provider: Provider, program: Program, clock: MovableClock
) -> None:
    refused = Caller(app, clock).post("/webhooks/replay", {"reason": "why not"})

    assert refused.status_code == 403


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_kurz", "whsec_" + "A" * 400, b64encode(bytes(32)).decode()])
def test_a_secret_of_another_form_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signing_key(secret)


def test_a_file_of_a_web_hook_contradicts_itself_nowhere() -> None:
    twice = Webhook(types=("letter.used", "letter.used"), url="", secret_env=NEW, previous_secret_env=NEW)

    found = {fault.path for fault in webhook_faults(twice)}

    assert found == {"webhook.types[1]", "webhook.secret_env", "webhook.previous_secret_env"}
