"""A lost mailbox: the desk begins its replacement, its owner can stop it, a new one is confirmed after a wait."""

import pytest
import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.clients.policy import RecoveryPolicy
from idp.credentials import passwords
from idp.people import email_replacements, emails, insured
from idp.provider import Provider
from tests.commands.conftest import CommandLine, idp
from tests.flows.conftest import Account, give_code, give_password, make_account
from tests.flows.recovering import ask
from tests.flows.registrations import Letters
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

__all__ = ["idp"]
pytestmark = pytest.mark.both_databases

NEW = "anne.neu@example.ch"
LOGIN = "/login?portal=e-services"
WAIT = 48


def report(idp: CommandLine, account: Account, new: str = NEW) -> None:
    words = ("--reason", "mailbox lost, case 4720", "--identity", "passport shown at the counter")
    begun = idp("people", "replace-email", account.address, new, *words)
    assert begun.exit_code == 0, begun.output


def link(mailbox: Mailbox, to: str) -> str:
    return mailbox.last(to=to, channel="email").link


def confirm(browser: Browser, mailbox: Mailbox, opened: str) -> None:
    """Follow the link, and prove the new mailbox."""
    browser.get(opened)
    browser.press("continue")
    browser.fill(code=mailbox.last(to=NEW).code).press("verify")


def address(provider: Provider, account: Account) -> str:
    with provider.database.reading() as tx:
        found = emails.of_person(tx, account.id)
        return found.address if found is not None else ""


def test_after_the_waiting_time_the_new_mailbox_is_proved_and_signs_in(
    idp: CommandLine, anne: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-17, X-18: the password and the second step stay as they were; the old mailbox can still undo it"""
    report(idp, anne)
    opened = link(mailbox, NEW)
    clock.forward(hours=WAIT)

    confirm(visitor, mailbox, opened)
    assert visitor.page.heading == "Your new email address is in use"
    assert address(provider, anne) == NEW
    assert "/undo-email-change" in link(mailbox, anne.address)

    visitor.get(visitor.page.link("Sign in"))
    give_password(visitor, Account(anne.id, NEW, anne.phone, anne.password))
    give_code(visitor, mailbox, "sms")
    assert visitor.left_for


def test_before_the_waiting_time_is_over_the_link_only_says_when(
    idp: CommandLine, anne: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-18"""
    report(idp, anne)
    clock.forward(hours=WAIT, seconds=-1)

    visitor.get(link(mailbox, NEW))

    assert visitor.page.heading == "You need to wait before using this link"
    assert visitor.page.by_id("continue") is None
    assert address(provider, anne) == anne.address


def test_old_mailbox_and_phone_are_told_and_the_new_mailbox_gets_its_link(
    idp: CommandLine, anne: Account, mailbox: Mailbox
) -> None:
    """X-15: no link in the text message (P60), no clear address in the mail to the old mailbox"""
    report(idp, anne)

    told = {sent.channel: sent.text for sent in mailbox.sent() if sent.to in (anne.address, anne.phone)}
    assert told.keys() == {"email", "sms"}
    assert "/keep-address?" in told["email"]
    assert "notre assistance" in told["email"]
    assert "http" not in told["sms"]
    assert NEW not in told["email"] + told["sms"]
    assert "/new-address?" in link(mailbox, NEW)


def test_the_reader_of_the_old_mailbox_stops_whoever_talked_the_desk_into_it(
    idp: CommandLine,
    anne: Account,
    visitor: Browser,
    stranger: Browser,
    mailbox: Mailbox,
    clock: MovableClock,
    provider: Provider,
) -> None:
    """X-15, X-18, NIST SP 800-63B-4 §4.2.2.2: looking stops nothing, the button does"""
    report(idp, anne)
    opened, kept = link(mailbox, NEW), link(mailbox, anne.address)
    visitor.get(kept)
    with provider.database.reading() as tx:
        assert email_replacements.of_person(tx, anne.id) is not None

    visitor.press("keep")
    clock.forward(hours=WAIT)
    stranger.get(opened)

    assert visitor.page.heading == "Your email address stays as it is"
    assert stranger.page.heading == "This link does not work"
    assert "reste inchangée" in mailbox.last(to=anne.address).subject
    with provider.database.reading() as tx:
        cancelled = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "EmailReplacementCancelled"))
        assert [event.details["reason"] for event in cancelled] == ["link"]


def test_a_sign_in_with_a_code_from_the_old_mailbox_stops_it_too(
    idp: CommandLine, visitor: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    """X-18"""
    luc = make_account(provider, Account("", "luc@example.ch", phone=""))
    report(idp, luc)

    visitor.get(LOGIN)
    give_password(visitor, luc)
    visitor.fill(code=mailbox.last(to=luc.address).code).press("verify")

    assert visitor.left_for
    with provider.database.reading() as tx:
        assert email_replacements.of_person(tx, luc.id) is None


def test_the_desk_can_cancel_it(
    idp: CommandLine, anne: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    report(idp, anne)
    opened = link(mailbox, NEW)
    assert "to be replaced by a•••@example.ch" in idp("people", "show", anne.id).output

    kept = idp("people", "keep-email", anne.address, "--reason", "she never asked")
    clock.forward(hours=WAIT)
    visitor.get(opened)

    assert (kept.exit_code, kept.output.strip()) == (0, "the address stays as it is")
    assert visitor.page.heading == "This link does not work"
    assert idp("people", "keep-email", anne.address, "--reason", "again").exit_code == 1


def test_a_page_that_was_open_before_is_not_finished_once_it_was_stopped(
    idp: CommandLine, anne: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-18"""
    report(idp, anne)
    opened = link(mailbox, NEW)
    clock.forward(hours=WAIT)
    visitor.get(opened)
    visitor.press("continue")
    code = mailbox.last(to=NEW).code
    idp("people", "keep-email", anne.address, "--reason", "she never asked")

    visitor.fill(code=code).press("verify")

    assert visitor.page.heading == "This link does not work"
    assert address(provider, anne) == anne.address


def test_who_came_by_a_letter_gives_the_code_of_a_new_one(
    idp: CommandLine, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-18: a proof as at the beginning; the letter of somebody else is none, and one letter serves once"""
    letters = Letters(provider)
    rosa = make_account(provider, Account("", "rosa.keller@example.ch"), portal="connect-assures")
    own, other = letters.insured(), letters.insured(number="4712").code
    with_letter(provider, rosa, own.request.subject_id)
    report(idp, rosa)
    opened = link(mailbox, NEW)
    clock.forward(hours=WAIT)

    visitor.get(opened)
    visitor.press("continue")
    assert visitor.page.heading == "Enter the access code"
    visitor.fill(code=other).press("continue")
    assert visitor.page.errors
    visitor.fill(code=own.code).press("continue")
    visitor.fill(code=mailbox.last(to=NEW).code).press("verify")

    assert address(provider, rosa) == NEW
    report(idp, Account(rosa.id, NEW), "rosa.third@example.ch")
    clock.forward(hours=WAIT)
    visitor.get(link(mailbox, "rosa.third@example.ch"))
    visitor.press("continue")
    visitor.fill(code=own.code).press("continue")
    assert visitor.page.errors


def with_letter(provider: Provider, person: Account, entry: str) -> None:
    particulars = insured.Particulars(given_name="Rosa", family_name="Keller", address=("Rue 1", "1000 Lausanne"))
    with provider.database.transaction() as tx:
        insured.store_many(tx, "AK00", [insured.RegisterEntry("4711", "fr", particulars)])
        assert insured.attach(tx, entry, person_id=person.id)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("luc@example.ch", "belongs to another account"),
        ("anne.rochat@example.ch", "address already"),
        ("no address", "is not an e-mail address"),
    ],
)
def test_an_address_that_cannot_be_given_is_refused_in_a_sentence(
    idp: CommandLine, anne: Account, mailbox: Mailbox, provider: Provider, new: str, words: str
) -> None:
    make_account(provider, Account("", "luc@example.ch", phone=""))

    refused = idp("people", "replace-email", anne.id, new, "--reason", "case 1", "--identity", "passport")

    assert refused.exit_code == 1
    assert words in refused.output
    assert mailbox.sent() == []


def test_it_needs_a_reason_and_an_identity_check_and_keeps_both(
    idp: CommandLine, anne: Account, provider: Provider
) -> None:
    assert idp("people", "replace-email", anne.id, NEW, "--reason", "case 4720").exit_code == 2
    report(idp, anne)

    with provider.database.reading() as tx:
        [begun] = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "EmailReplacementBegun"))
    assert begun.details["identity"] == "passport shown at the counter"
    assert begun.details["reason"] == "mailbox lost, case 4720"
    assert begun.details["new"] == "a•••@example.ch"
    assert begun.actor.startswith("cli:")


def test_an_address_that_was_taken_meanwhile_is_not_given_and_the_link_stays_good(
    idp: CommandLine, anne: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-17"""
    report(idp, anne)
    opened = link(mailbox, NEW)
    clock.forward(hours=WAIT)
    make_account(provider, Account("", NEW, phone=""))

    confirm(visitor, mailbox, opened)

    assert visitor.page.errors == [
        "This address belongs to another account. An email address can belong to one person only."
    ]
    assert address(provider, anne) == anne.address
    with provider.database.reading() as tx:
        assert email_replacements.of_person(tx, anne.id) is not None


def test_the_wait_is_the_longest_of_the_persons_portals_and_of_a_recovery(
    idp: CommandLine, anne: Account, provider: Provider, clock: MovableClock
) -> None:
    """rulings 32"""
    bend(provider, "e-services", policy={"recovery": RecoveryPolicy(cooldown=3600, changes_wait=5 * 24 * 3600)})

    report(idp, anne)

    with provider.database.reading() as tx:
        begun = email_replacements.of_person(tx, anne.id)
        assert begun is not None
        assert (begun.opens_at - tx.now).days in (4, 5)


def test_an_invented_link_leads_nowhere(visitor: Browser) -> None:
    assert visitor.get("/new-address?portal=e-services&link=invented").heading == "This link does not work"
    assert visitor.get("/keep-address?portal=e-services&link=invented").status == 410


def test_the_password_stays_and_links_to_the_old_mailbox_end(
    idp: CommandLine, anne: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-18: what was mailed to the lost mailbox opens nothing any more"""
    report(idp, anne)
    opened = link(mailbox, NEW)
    clock.forward(hours=WAIT)
    ask(visitor, "e-services", anne.address)
    reset = link(mailbox, anne.address)

    confirm(visitor, mailbox, opened)

    assert visitor.get(reset).by_id("new_password") is None
    with provider.database.reading() as tx:
        assert passwords.current(tx, anne.id) is not None


def test_of_two_who_stop_and_use_it_at_once_one_wins(idp: CommandLine, anne: Account, provider: Provider) -> None:
    report(idp, anne)
    with provider.database.transaction() as tx:
        tx.execute(sa.update(email_replacements.EmailReplacement).values(opens_at=tx.now))

    def use() -> bool:
        with provider.database.transaction() as tx:
            return email_replacements.spend(tx, anne.id)

    def stop() -> bool:
        with provider.database.transaction() as tx:
            return bool(email_replacements.cancel(tx, anne.id, reason="link"))

    assert sorted(in_parallel(use, stop)) == [False, True]
