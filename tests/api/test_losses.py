"""Help through the API for who lost something, and deletion: as at the desk, and for the own people only."""

from datetime import date, timedelta

import pytest

from idp.audit.log import AuditEvent
from idp.grants import consents
from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.people import closures, email_replacements, enrolments, person, phone_replacements, phones
from idp.provider import Provider
from tests.api.conftest import Neighbours
from tests.api.test_persons import REASON, events
from tests.support import people
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox, mailbox
from tests.support.programs import Program, problem
from tests.support.purging import purge
from tests.support.tokens import good

__all__ = ["mailbox"]

BORN = date(1957, 3, 24)
LOSS = {**REASON, "identity": "passport seen"}


def test_people_are_found_by_name_and_birth_date(program: Program, provider: Provider, neighbours: Neighbours) -> None:
    with provider.database.transaction() as tx:
        twin = people.person(tx, "r.k@example.ch", given_name="Rosa", family_name="Keller-Favre", birth_date=BORN)
        hidden = people.person(tx, "x@example.ch", given_name="Rosa", family_name="Keller", birth_date=BORN)
        enrolments.enrol(tx, twin.id, "connect-assures", reason="test")
        enrolments.enrol(tx, hidden.id, "e-services", reason="test")

    def found(name: str, born: str = "1957-03-24") -> set[str]:
        answer = good(program.post("/persons/search", {"name": name, "birth_date": born}))
        return {each["id"] for each in answer["items"]}

    assert found("rösa KELLER") == {neighbours.rosa, twin.id}
    assert found("Rosa Keller Favre") == {twin.id}
    assert found("Ros Keller") == found("Rosa Keller", "1957-03-25") == set()
    assert len(events(provider, twin.id, "PersonLookedUp")) == 2


@pytest.mark.both_databases
def test_the_link_for_a_new_password_goes_to_the_person_alone(
    program: Program, provider: Provider, neighbours: Neighbours, mailbox: Mailbox
) -> None:
    answer = good(program.post(f"/persons/{neighbours.rosa}/start-recovery", REASON))

    mail = mailbox.last("rosa.keller@example.ch")
    assert "/reset?portal=connect-assures" in mail.link
    assert set(answer) == {"opens_at"}
    (requested,) = events(provider, neighbours.rosa, "RecoveryRequested")
    assert (requested.actor, requested.details["outcome"]) == ("client:fund-software", "link")
    assert events(provider, neighbours.rosa, "DeskActed")[0].details["reason"] == "case 4711"


def test_no_link_is_sent_where_the_second_proof_is_missing(program: Program, neighbours: Neighbours) -> None:
    program.post(f"/persons/{neighbours.rosa}/methods/phone/remove", REASON)

    told = problem(program.post(f"/persons/{neighbours.rosa}/start-recovery", REASON), "wrong-state", 409)

    assert "no-phone" in told["detail"]


def test_a_method_is_removed_and_the_person_is_told(
    program: Program, provider: Provider, neighbours: Neighbours, mailbox: Mailbox
) -> None:
    (listed,) = good(program.get(f"/persons/{neighbours.rosa}/methods"))["items"]
    assert (listed["kind"], listed["id"]) == ("sms", "phone")
    assert "3334" not in listed["name"].replace(" ", "")

    after = good(program.post(f"/persons/{neighbours.rosa}/methods/phone/remove", REASON))

    assert (after["methods"], after["phone"]) == ([], None)
    assert mailbox.last("rosa.keller@example.ch").subject
    problem(program.post(f"/persons/{neighbours.rosa}/methods/phone/remove", REASON), "not-found", 404)
    problem(program.get(f"/persons/{neighbours.anne}/methods"), "not-found", 404)


@pytest.mark.both_databases
def test_a_lost_phone_is_replaced_after_a_wait_or_kept(
    program: Program, provider: Provider, neighbours: Neighbours, mailbox: Mailbox
) -> None:
    path = f"/persons/{neighbours.rosa}/replace-phone"

    assert good(program.post(path, LOSS))["opens_at"]

    assert mailbox.last(channel="sms").to == "+41793334455"
    (begun,) = events(provider, neighbours.rosa, "PhoneReplacementBegun")
    assert begun.details["identity"] == "passport seen"
    problem(program.post(path, LOSS), "wrong-state", 409)
    assert good(program.post(f"/persons/{neighbours.rosa}/keep-phone", REASON))["phone"]
    with provider.database.reading() as tx:
        assert not phone_replacements.is_begun(tx, neighbours.rosa)
        assert phones.of_person(tx, neighbours.rosa) is not None
    problem(program.post(path, REASON), "invalid", 422)


@pytest.mark.both_databases
def test_an_account_is_deleted_only_where_nobody_else_has_the_person(
    program: Program, provider: Provider, neighbours: Neighbours, mailbox: Mailbox
) -> None:
    """Rosa is enrolled at another fund's portal too, and Claire is the only administrator of her company."""
    with provider.database.transaction() as tx:
        luca = people.person(tx, "luca@example.ch", given_name="Luca").id
        memberships.join(tx, neighbours.company, luca, Rights())

    problem(program.post(f"/persons/{neighbours.rosa}/erase", REASON), "decided-elsewhere", 409)
    problem(program.post(f"/persons/{neighbours.claire}/erase", REASON), "last-administrator", 409)
    assert program.post(f"/persons/{luca}/erase", REASON).status_code == 204

    problem(program.get(f"/persons/{luca}"), "not-found", 404)
    assert mailbox.last("luca@example.ch").subject
    with provider.database.reading() as tx:
        erased = tx.session.query(AuditEvent).filter_by(name="PersonErased").one()
        assert (erased.person_id, erased.actor) == (luca, "client:fund-software")
        assert person.by_id(tx, neighbours.rosa).is_active  # type: ignore[union-attr]


def test_deletion_needs_its_own_scope(program: Program, neighbours: Neighbours) -> None:
    program.take_token("persons:read persons:write")

    problem(program.post(f"/persons/{neighbours.claire}/erase", REASON), "missing-scope", 403)


def test_the_invitation_of_a_member_is_sent_again(program: Program, neighbours: Neighbours, mailbox: Mailbox) -> None:
    path = "/funds/AK01/companies/10042/members"
    nina = {"email": "nina.neu@example.ch", "given_name": "Nina", "family_name": "Neu", **REASON}
    invited = program.post(path, nina).get_json()
    first = mailbox.last("nina.neu@example.ch")

    assert good(program.post(f"{path}/{invited['id']}/resend-invitation", REASON))["state"] == "invited"

    assert mailbox.last("nina.neu@example.ch").text != first.text
    claire = next(each["id"] for each in good(program.get(path))["items"] if each["person"] == neighbours.claire)
    problem(program.post(f"{path}/{claire}/resend-invitation", REASON), "wrong-state", 409)


def test_who_left_the_portal_is_seen_as_long_as_the_enrolment_is_kept(
    program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock
) -> None:
    """The desk sees them by the same condition."""
    with provider.database.transaction() as tx:
        assert enrolments.end(tx, neighbours.rosa, "connect-assures", reason="test")

    assert good(program.get(f"/persons/{neighbours.rosa}"))["portals"] == []
    clock.forward(days=366)
    with provider.database.transaction() as tx:
        assert purge(tx, "ended_enrolments") == 1
    program.take_token()
    problem(program.get(f"/persons/{neighbours.rosa}"), "not-found", 404)


@pytest.mark.both_databases
def test_a_lost_mailbox_is_replaced_after_a_wait_and_can_be_kept(
    program: Program, provider: Provider, neighbours: Neighbours, mailbox: Mailbox, clock: MovableClock
) -> None:
    asked = {**LOSS, "email": "Rosa.Neu@example.ch"}

    answer = good(program.post(f"/persons/{neighbours.rosa}/replace-email", asked))

    assert answer["opens_at"] > clock.now().isoformat()
    assert mailbox.last("rosa.keller@example.ch", "email").subject
    assert mailbox.last("+41793334455", "sms").text
    again = problem(program.post(f"/persons/{neighbours.rosa}/replace-email", asked), "wrong-state", 409)
    assert "under way" in again["detail"]
    good(program.post(f"/persons/{neighbours.rosa}/keep-email", REASON))
    with provider.database.reading() as tx:
        assert email_replacements.of_person(tx, neighbours.rosa) is None
    assert program.post(f"/persons/{neighbours.rosa}/keep-email", REASON).status_code == 409


def test_an_address_of_someone_who_is_not_seen_answers_like_a_free_one(
    program: Program, neighbours: Neighbours
) -> None:
    path = f"/persons/{neighbours.rosa}/replace-email"
    assert (
        problem(program.post(path, {**LOSS, "email": "no address"}), "invalid", 422)["errors"][0]["pointer"]
        == "#/email"
    )
    seen = problem(program.post(path, {**LOSS, "email": "claire.favre@example.ch"}), "wrong-state", 409)
    assert "taken" in seen["detail"]

    assert "opens_at" in good(program.post(path, {**LOSS, "email": "anne.rochat@example.ch"}))
    assert (
        program.post(f"/persons/{neighbours.anne}/replace-email", {**LOSS, "email": "x@example.ch"}).status_code == 404
    )


def test_a_deletion_is_stopped_and_a_consent_is_taken_back(
    program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock, mailbox: Mailbox
) -> None:
    rosa = neighbours.rosa
    for path in ("keep-account", "consents/connect-assures/withdraw"):
        assert program.post(f"/persons/{rosa}/{path}", REASON).status_code == 409
    with provider.database.transaction() as tx:
        closures.begin(tx, rosa, due_at=clock.now() + timedelta(days=30), client_id="connect-assures")
        for portal in ("connect-assures", "e-services"):
            consents.grant(tx, rosa, portal, ["email"])

    good(program.post(f"/persons/{rosa}/keep-account", REASON))
    good(program.post(f"/persons/{rosa}/consents/connect-assures/withdraw", REASON))

    assert program.post(f"/persons/{rosa}/consents/e-services/withdraw", REASON).status_code == 404
    with provider.database.reading() as tx:
        assert closures.of_person(tx, rosa) is None
        assert [each.client_id for each in consents.of_person(tx, rosa)] == ["e-services"]
    assert mailbox.last("rosa.keller@example.ch").subject
