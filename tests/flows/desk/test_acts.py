"""What staff do for a person: with a reason, with the check of identity where it counts, and never in silence."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa

from idp.credentials import passkeys as stored_passkeys
from idp.invitations import status
from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.people import email_replacements, insured, phone_replacements, phones
from idp.people import person as persons
from idp.provider import Provider
from idp.staff.appointments import Appointment, Role
from tests.flows.conftest import Account, sign_in
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import fund, open_record
from tests.flows.passkeys import give_passkey
from tests.flows.recovering import NEW as NEW_PASSWORD
from tests.flows.recovering import finish, open_link
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser, Page
from tests.support.inbox import Mailbox

IDENTIFIED = {"identity": "document"}
IDENTIFIED_BY: Mapping[str, Mapping[str, str]] = defaultdict(dict, {"unlock": IDENTIFIED, "replace-phone": IDENTIFIED})
NEW = "Anne.Neu@example.ch"


@pytest.fixture
def clerk(desk: Desk, anne: Account) -> Browser:
    browser = desk.works(Role.CLERK, portal="e-services")
    open_record(browser, f"/desk/people/{anne.id}")
    return browser


@contextmanager
def listening(engine: sa.Engine, listener: Callable[..., None]) -> Iterator[None]:
    """Call it before each statement of this engine, until the block ends."""
    sa.event.listen(engine, "before_cursor_execute", listener)
    yield
    sa.event.remove(engine, "before_cursor_execute", listener)


def do(browser: Browser, person: Account, act: str, **typed: str) -> Page:
    browser.get(f"/desk/people/{person.id}/acts/{act}")
    assert browser.page.status == 200, browser.page.text
    return browser.fill(**typed).press("confirm")


def test_a_locked_out_person_is_unlocked_and_told(
    desk: Desk, clerk: Browser, anne: Account, stranger: Browser, visitor: Browser, mailbox: Mailbox
) -> None:
    for _ in range(5):
        stranger.get("/login?portal=e-services")
        stranger.fill(identifier=anne.address, password="nicht das richtige").press("sign-in")
    clerk.get(f"/desk/people/{anne.id}")
    clerk.get(clerk.page.link("Unlock"))

    clerk.fill(reason="case 12", identity="called-back").press("confirm")

    assert "Unlocked. The person has been told." in clerk.page.text
    assert "levé le blocage" in mailbox.last(anne.address).text
    sign_in(visitor, anne, mailbox)
    (acted,) = desk.events("DeskActed")
    assert acted.details["reason"] == "case 12 (Called back on a number from our own file)"
    assert acted.actor.startswith("clerk:")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": "", **IDENTIFIED}, "reason"),
        ({"reason": "  ", **IDENTIFIED}, "reason"),
        ({"reason": "case 12"}, "identity"),
        ({"reason": "case 12", "identity": "told me so"}, "identity"),
    ],
)
def test_no_reason_or_no_check_of_identity_changes_nothing(
    desk: Desk, clerk: Browser, anne: Account, typed: dict[str, str], field: str
) -> None:
    page = do(clerk, anne, "unlock", **typed)

    assert page.status == 422
    assert page.by_id(f"{field}-error")
    assert desk.events("DeskActed") == []


def test_a_stolen_account_is_shut_and_opened_again(
    clerk: Browser, provider: Provider, anne: Account, visitor: Browser, mailbox: Mailbox
) -> None:
    sign_in(visitor, anne, mailbox, "/login?portal=e-services")

    do(clerk, anne, "disable", reason="reported stolen, case 13")

    with provider.database.reading() as tx:
        assert not persons.by_id(tx, anne.id).is_active  # type: ignore[union-attr]
    assert mailbox.last(anne.address).subject
    assert visitor.get("/account?portal=e-services").path == "/login"
    do(clerk, anne, "enable", reason="case 13 closed", **IDENTIFIED)
    with provider.database.reading() as tx:
        assert persons.by_id(tx, anne.id).is_active  # type: ignore[union-attr]


def test_sessions_end_everywhere(clerk: Browser, anne: Account, visitor: Browser, mailbox: Mailbox) -> None:
    sign_in(visitor, anne, mailbox)
    visitor.get("/account?portal=e-services")

    do(clerk, anne, "end-sessions", reason="case 14")

    assert visitor.get("/account?portal=e-services").path == "/login"
    assert "déconnecté tous vos appareils" in mailbox.last(anne.address).text


def test_a_lost_phone_can_be_replaced_after_a_wait(
    clerk: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    page = do(clerk, anne, "replace-phone", reason="phone lost, case 15", **IDENTIFIED)

    assert "The replacement has begun" in page.text
    assert "A new number can be given from" in page.text
    with provider.database.reading() as tx:
        assert phone_replacements.is_begun(tx, anne.id)
    assert mailbox.last(anne.phone, "sms")
    do(clerk, anne, "keep-phone", reason="found again")
    with provider.database.reading() as tx:
        assert not phone_replacements.is_begun(tx, anne.id)


def test_a_lost_passkey_is_removed(clerk: Browser, provider: Provider, anne: Account, mailbox: Mailbox) -> None:
    give_passkey(provider, anne.id, Authenticator())
    clerk.get(f"/desk/people/{anne.id}")
    clerk.get(clerk.page.link("Remove: iPhone"))

    clerk.fill(reason="device lost, case 16", **IDENTIFIED).press("confirm")

    assert "The sign-in method was removed" in clerk.page.text
    with provider.database.reading() as tx:
        assert not stored_passkeys.has_any(tx, anne.id)
    assert mailbox.last(anne.address).subject


def test_two_clerks_on_one_person_do_it_once(desk: Desk, clerk: Browser, anne: Account) -> None:
    other = desk.works(Role.SUPERVISOR, portal="e-services")
    open_record(other, f"/desk/people/{anne.id}")
    clerk.get(f"/desk/people/{anne.id}/acts/disable")
    other.get(f"/desk/people/{anne.id}/acts/disable")

    clerk.fill(reason="stolen").press("confirm")
    late = other.fill(reason="stolen").press("confirm")

    assert "someone else was faster" in late.text
    assert len(desk.events("PersonDisabled")) == 1


@pytest.mark.parametrize("act", ["erase", "merge"])
def test_deleting_and_merging_are_for_supervisors(clerk: Browser, anne: Account, act: str) -> None:
    assert clerk.page.by_id(act) is None
    assert clerk.get(f"/desk/people/{anne.id}/acts/{act}").status == 404


def test_an_act_that_makes_no_sense_any_more_is_refused_when_it_is_sent(
    desk: Desk, clerk: Browser, provider: Provider, anne: Account
) -> None:
    """Its page was opened before; the role alone is not enough."""
    clerk.get(f"/desk/people/{anne.id}/acts/keep-phone")

    page = clerk.fill(reason="case 21").press("confirm")

    assert (page.status, page.by_id("reason-error") is not None) == (422, True)
    do(clerk, anne, "disable", reason="stolen")
    for act in ("unlock", "end-sessions", "replace-phone", "start-recovery"):
        assert do(clerk, anne, act, reason="case 21", **IDENTIFIED_BY[act]).status == 422
    assert [event.details["act"] for event in desk.events("DeskActed")] == ["disable"]


def test_the_link_for_a_new_password_goes_to_the_person_alone(
    desk: Desk, clerk: Browser, anne: Account, visitor: Browser, mailbox: Mailbox
) -> None:
    page = do(clerk, anne, "start-recovery", reason="forgot the password, case 22")

    mail = mailbox.last(anne.address)
    assert "The email for a new password has been sent." in page.text
    assert mail.link not in page.response.text
    assert "contacté notre assistance" in mail.text
    open_link(visitor, mailbox, anne.address)
    finish(visitor, mailbox)
    sign_in(visitor, replace(anne, password=NEW_PASSWORD), mailbox)
    (requested,) = desk.events("RecoveryRequested")
    assert requested.actor.startswith("clerk:")


def test_a_link_waits_where_the_mailbox_is_the_only_proof(
    clerk: Browser, provider: Provider, anne: Account, visitor: Browser, mailbox: Mailbox
) -> None:
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)

    do(clerk, anne, "start-recovery", reason="forgot the password, case 23")

    mail = mailbox.last(anne.address)
    assert "/stop-recovery" in mail.link
    assert clerk.get(f"/desk/people/{anne.id}").by_id("why")
    assert "A new password was requested" in clerk.page.text


def test_a_reader_changes_nothing(desk: Desk, anne: Account) -> None:
    reader = desk.works(Role.READER, portal="e-services")
    page = open_record(reader, f"/desk/people/{anne.id}")

    assert page.by_id("disable") is None
    for act in ("disable", "unlock", "end-sessions", "remove-method", "erase"):
        form = {"csrf_token": page.value("csrf_token"), "reason": "x", **IDENTIFIED}
        assert reader.post(f"/desk/people/{anne.id}/acts/{act}", form).status == 404


def test_a_lost_mailbox_is_replaced_after_a_wait_and_can_be_kept(
    clerk: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    page = do(clerk, anne, "replace-email", email=" Anne.Neu@example.ch", reason="mailbox lost, case 17", **IDENTIFIED)

    assert "The replacement has begun" in page.text
    assert "The new address can be confirmed from" in page.text
    assert mailbox.last(NEW).link
    assert mailbox.last(anne.address).link
    assert do(clerk, anne, "replace-email", email="x@example.ch", reason="again", **IDENTIFIED).status == 422
    do(clerk, anne, "keep-email", reason="found again")
    with provider.database.reading() as tx:
        assert email_replacements.of_person(tx, anne.id) is None


@pytest.mark.parametrize("typed", ["", "anne", "anne.rochat@example.ch"])
def test_a_new_address_that_cannot_be_one_begins_nothing(
    clerk: Browser, provider: Provider, anne: Account, typed: str
) -> None:
    page = do(clerk, anne, "replace-email", email=typed, reason="case 18", **IDENTIFIED)

    assert page.status == 422
    assert page.by_id("email-error")
    with provider.database.reading() as tx:
        assert email_replacements.of_person(tx, anne.id) is None


def test_all_errors_of_an_act_show_at_once(clerk: Browser, anne: Account) -> None:
    page = do(clerk, anne, "replace-email", email="anne", reason="")

    assert [page.by_id(f"{field}-error") is not None for field in ("identity", "email", "reason")] == [True] * 3


def test_an_address_of_someone_who_is_not_seen_answers_like_a_free_one(
    desk: Desk, clerk: Browser, provider: Provider, anne: Account
) -> None:
    theirs = fund(provider, "AK01", "Rochat")

    page = do(clerk, anne, "replace-email", email=theirs.email, reason="case 19", **IDENTIFIED)

    assert page.status == 200
    assert "The replacement has begun" in page.text
    do(clerk, anne, "keep-email", reason="case 19")
    everywhere = desk.employed(
        Appointment(Role.CLERK, portal="e-services"), Appointment(Role.CLERK, fund="AK01"), email="both@fund.example.ch"
    )
    both = desk.signed_in(everywhere)
    open_record(both, f"/desk/people/{anne.id}")
    page = do(both, anne, "replace-email", email=theirs.email, reason="case 19", **IDENTIFIED)
    assert "belongs to another account" in page.text


def test_whoever_lost_the_phone_and_is_in_a_register_gets_a_new_letter(desk: Desk, provider: Provider) -> None:
    ours = fund(provider, "AK00", "Keller")
    account = Account(ours.person, ours.email, "", "")
    with provider.database.transaction() as tx:
        assert insured.attach(tx, ours.insured, person_id=ours.person)
    clerk = desk.works(Role.CLERK, fund="AK00")
    page = open_record(clerk, f"/desk/people/{ours.person}")
    assert page.by_id("letter") is None
    do(clerk, account, "replace-phone", reason="phone lost", **IDENTIFIED)
    assert clerk.page.by_id("letter")

    clerk.get(f"/desk/people/{ours.person}/acts/letter")
    answer = clerk.fill(reason="phone lost, case 20", **IDENTIFIED).send("confirm")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    with provider.database.reading() as tx:
        (code,) = status.of_subject(tx, ours.insured)
        assert code.live_at(tx.now)


def test_a_copy_of_the_data_is_made_by_a_supervisor_for_the_person_who_is_told(
    desk: Desk, anne: Account, clerk: Browser, mailbox: Mailbox
) -> None:
    address = f"/desk/people/{anne.id}/acts/export"
    open_record(clerk, f"/desk/people/{anne.id}")
    assert clerk.get(address).status == 404
    supervisor = desk.works(Role.SUPERVISOR, portal="e-services")
    open_record(supervisor, f"/desk/people/{anne.id}")
    supervisor.get(address)
    assert supervisor.press("confirm").errors

    response = supervisor.fill(reason="asked by letter, case 8", identity="document").send("confirm")

    file = ZipFile(BytesIO(response.get_data()))
    held, page = json.loads(file.read("my-data.json")), file.read("my-data.html").decode()
    assert anne.address in json.dumps(held["identifiers"])
    assert '<html lang="fr">' in page, "the person reads it"
    assert "Mes données" in page
    assert response.headers["Cache-Control"] == "no-store"
    assert "assistance" in mailbox.last(anne.address).text
    (acted,) = [each for each in desk.events("DeskActed") if each.details["act"] == "export"]
    assert acted.details["reason"] == "asked by letter, case 8 (Identity document seen)"
    assert len(desk.events("DataDownloaded")) == 1


def test_others_write_while_a_copy_of_the_data_is_collected(desk: Desk, anne: Account, provider: Provider) -> None:
    supervisor = desk.works(Role.SUPERVISOR, portal="e-services")
    open_record(supervisor, f"/desk/people/{anne.id}")
    supervisor.get(f"/desk/people/{anne.id}/acts/export")
    written = []

    def write(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM known_browsers" in statement:
            with provider.database.transaction() as tx:
                written.append(tx.now)

    with listening(provider.database.reading_engine, write):
        answer = supervisor.fill(reason="asked by letter, case 8", identity="document").send("confirm")

    assert answer.mimetype == "application/zip"
    assert len(written) == 1


def test_a_copy_of_what_another_fund_holds_is_made_by_nobody_of_one_fund(desk: Desk, provider: Provider) -> None:
    ours, theirs = fund(provider, "AK01", "Rochat"), fund(provider, "AK00", "Zbinden")
    with provider.database.transaction() as tx:
        memberships.join(tx, ours.company, theirs.person, Rights())
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    open_record(supervisor, f"/desk/people/{theirs.person}")

    assert supervisor.get(f"/desk/people/{theirs.person}/acts/export").status == 404
