"""`IDP_SECRETS` is lost: what is gone is counted and ended by one command, and people get back in by themselves."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from flask import Flask

import flows
from idp.actions import letter_jobs, member_jobs
from idp.actions.actor import Actor
from idp.actions.letter_jobs import NumberedLetters
from idp.actions.member_jobs import InvitationRow, OrderedMembers
from idp.app import create_app
from idp.audit.log import AuditEvent
from idp.credentials import pending, recovery_codes
from idp.invitations import registration_code
from idp.invitations.letters.job import LetterChoice, LetterJob
from idp.jobs.job_files import JobPiece
from idp.messages import outbox
from idp.organisations.member_job import MemberJob
from idp.people import insured, legacy
from idp.provider import Provider
from idp.sealing import CannotOpen
from idp.settings import Settings
from idp.staff.appointments import Role
from idp.upkeep import nodes
from tests.commands.conftest import CommandLine
from tests.flows.conftest import Account, sign_in
from tests.flows.desk.conftest import Desk
from tests.flows.desk.letters import work
from tests.flows.desk.world import open_record
from tests.flows.recovering import NEW, ask, customer, finish, open_link
from tests.flows.registrations import Letters
from tests.support.authenticators import give_app
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

NOTHING = "nothing is lost: each value opens under a key of IDP_SECRETS\n"
REASON = ("--reason", "safe burnt, case 4725", "--yes")


@pytest.fixture
def anne(provider: Provider, clock: MovableClock) -> Account:
    """A customer with an app, recovery codes and a password; signing keys, a letter and a former login stand beside."""
    provider.signing_keys.tend()
    account = customer(provider, "e-services")
    give_app(provider, clock, account.id)
    Letters(provider).insured("4711")
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, account.id, recovery_codes.draw())
        former = legacy.LegacyAccount(id="former", portal="e-services", identifier="CVCI1", key="cvci1", scheme="md5")
        former.imported_at = tx.now
        former.hash = legacy.seal_hash(tx, former.id, "imported:md5::098f6bcd4621d373cade4e832627b4f6")
        tx.session.add(former)
    return account


@pytest.fixture
def after(anne: Account, settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    """The provider on the same database with fresh secrets."""
    fresh = msgspec.structs.replace(settings.secrets, keys={"fresh": b"f" * 32}, active="fresh")
    app = create_app(msgspec.structs.replace(settings, secrets=fresh), flows=flows.ALL, clock=clock)
    yield app
    app.extensions["provider"].database.dispose()


@pytest.fixture
def own(after: Flask) -> Provider:
    found: Provider = after.extensions["provider"]
    return found


@pytest.fixture
def operator(own: Provider) -> CommandLine:
    return CommandLine(own.settings, own)


def test_the_doctor_and_the_list_of_keys_say_it_in_a_sentence(operator: CommandLine) -> None:
    examined, listed = operator("doctor"), operator("keys", "list")

    assert "idp keys abandon" in examined.output
    assert "signing keys" in examined.output
    assert (listed.exit_code, "IDP_SECRETS does not list" in listed.output) == (1, True)


def test_what_is_lost_is_counted_and_asked_about_before_it_ends(operator: CommandLine, own: Provider) -> None:
    refused = operator("keys", "abandon", *REASON[:2], stdin="n\n")

    assert refused.exit_code == 1
    for line in ("authenticator apps           1", "passwords                    1", "recovery codes               10"):
        assert line in refused.output
    with pytest.raises(CannotOpen):
        own.signing_keys.published()


def test_people_choose_a_new_password_and_sign_in_again(
    operator: CommandLine, own: Provider, after: Flask, anne: Account
) -> None:
    done = operator("keys", "abandon", *REASON)
    browser, mailbox = Browser(after, language="en"), Mailbox(own)

    ask(browser, "e-services", anne.address)
    open_link(browser, mailbox)
    finish(browser, mailbox)
    sign_in(Browser(after, language="en"), Account(anne.id, anne.address, password=NEW), mailbox)

    assert done.exit_code == 0, done.output
    assert after.test_client().get("/jwks.json").get_json()["keys"]


def test_nothing_is_left_that_cannot_be_opened(operator: CommandLine, own: Provider) -> None:
    operator("keys", "abandon", *REASON)

    again = operator("keys", "abandon", *REASON)

    assert again.output == NOTHING
    with own.database.reading() as tx:
        assert insured.by_numbers(tx, "AK00", ["4711"])["4711"].particulars.family_name == ""
        former = legacy.by_id(tx, "former")
        assert former is not None
        assert legacy.open_hash(tx, former) == ""
        live = registration_code.RegistrationCode.state.in_(registration_code.LIVE)
        assert tx.session.query(registration_code.RegistrationCode).filter(live).all() == []


def test_nothing_is_given_up_while_another_process_knows_the_key(
    operator: CommandLine, own: Provider, provider: Provider
) -> None:
    nodes.beat(provider, "web1 gunicorn 4")

    refused = operator("keys", "abandon", *REASON)

    assert refused.exit_code == 1
    assert "web1 gunicorn 4" in refused.output


def test_nothing_is_given_up_where_nothing_is_lost(idp: CommandLine, anne: Account) -> None:
    shown = idp("keys", "abandon", *REASON)

    assert (shown.exit_code, shown.output) == (0, NOTHING)


REGISTER = Actor.client("fund-software")
CHOICE = LetterChoice(design="portal", language="", format="print-shop")


def ordered_letters(provider: Provider) -> str:
    """Letters to a number that nobody has; returns the id of the job."""
    wanted = NumberedLetters(client_id="connect-assures", fund="AK01", numbers=["4712"])
    with provider.database.transaction() as tx:
        return letter_jobs.order_numbers(tx, wanted, CHOICE, by=REGISTER, reason="first wave")


def ordered_invitations(provider: Provider) -> str:
    """An invitation to a company; returns the id of the job."""
    row = InvitationRow("10042", "nina@example.ch", "Nina", "Neu", administrator=False, topics=())
    wanted = OrderedMembers(client_id="connect", fund="AK01", kind="invite", rows=[row])
    with provider.database.transaction() as tx:
        return member_jobs.order(tx, wanted, by=REGISTER, reason="register of 3 June")


def test_jobs_whose_files_are_lost_end_as_discarded_and_the_others_go_on(
    provider: Provider, operator: CommandLine, own: Provider
) -> None:
    lost = [ordered_letters(provider), ordered_invitations(provider)]
    letters, invitations = ordered_letters(own), ordered_invitations(own)

    done = operator("keys", "abandon", *REASON)
    work(own)

    assert done.exit_code == 0, done.output
    assert "files of jobs                2" in done.output
    with own.database.reading() as tx:
        jobs = {job.id: job.state for table in (LetterJob, MemberJob) for job in tx.session.query(table)}
        names = ("LetterJobDiscarded", "MemberJobDiscarded")
        told = tx.session.query(AuditEvent).filter(AuditEvent.name.in_(names)).all()
        left = {piece.job_id for piece in tx.session.query(JobPiece)}
    assert jobs == {**dict.fromkeys(lost, "discarded"), letters: "finished", invitations: "finished"}
    assert not left & set(lost)
    assert {(str(each.details["job_id"]), str(each.details["reason"])) for each in told} == {
        (job, "safe burnt, case 4725") for job in lost
    }


def test_the_desk_says_that_the_password_is_gone(
    operator: CommandLine, own: Provider, after: Flask, anne: Account
) -> None:
    operator("keys", "abandon", *REASON)

    clerk = Desk(after, own).works(Role.CLERK, portal="e-services")
    why = open_record(clerk, f"/desk/people/{anne.id}").by_id("why")

    assert why is not None
    assert "The password was made invalid" in why.text


def test_a_password_that_waits_for_its_account_and_a_message_are_given_up_too(
    provider: Provider, operator: CommandLine, own: Provider
) -> None:
    with provider.database.transaction() as tx:
        stored = provider.hasher.hash("correct horse battery")
        pending.keep(tx, "run", stored, floor=8, expires_at=tx.now + timedelta(hours=1))
        outbox.enqueue_call(tx, "backchannel_logout", {}, client_id="connect")
    with own.database.transaction() as tx:
        outbox.enqueue_call(tx, "backchannel_logout", {}, client_id="connect")

    done = operator("keys", "abandon", *REASON)

    assert "passwords of journeys        1" in done.output
    assert "messages that wait           1" in done.output
    with own.database.transaction() as tx:
        assert pending.take(tx, "run") is None
        rows = tx.session.query(outbox.OutboxRow).all()
        assert sorted((row.outcome, row.payload == "") for row in rows) == [("", False), ("expired", True)]
    assert operator("keys", "abandon", *REASON).output == NOTHING


def test_letters_are_withdrawn_for_the_reason_that_the_operator_gave(
    operator: CommandLine, own: Provider, anne: Account
) -> None:
    operator("keys", "abandon", *REASON)

    with own.database.reading() as tx:
        withdrawn = tx.session.query(AuditEvent).filter_by(name="RegistrationCodeWithdrawn").all()
    assert [each.details["reason"] for each in withdrawn] == ["safe burnt, case 4725"]
