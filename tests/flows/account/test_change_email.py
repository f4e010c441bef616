"""Another login address: proved first, told to the old mailbox, and undone from there."""

import re

import pytest
from flask import Flask

from idp.actions.actor import Actor
from idp.actions.emails import change_email
from idp.actions.erasure import erase
from idp.credentials import passwords
from idp.notices.notice import Occasion
from idp.people import accounts, email_changes, emails
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.people.email_changes import STOPPABLE, EmailChange
from idp.people.emails import EmailTaken
from idp.people.person import Person
from idp.provider import Provider
from tests.flows.account.conftest import RECENT, elsewhere, signed_in
from tests.flows.account.test_devices import live
from tests.flows.conftest import Account, make_account, sign_in
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

PAGE = "/change-email?portal=e-services"
NEW = "anne.neu@example.ch"


def address(provider: Provider, person_id: str) -> str:
    with provider.database.reading() as tx:
        found = emails.of_person(tx, person_id)
        return found.address if found is not None else ""


def change(browser: Browser, mailbox: Mailbox, new: str = NEW) -> None:
    browser.get(PAGE)
    browser.fill(email=new).press("get-code")
    browser.fill(code=mailbox.last(to=new).code).press("verify")


def undo_link(mailbox: Mailbox, old: str) -> str:
    link = mailbox.last(to=old).link
    assert "/undo-email-change?" in link, link
    return link.removeprefix("http://localhost")


def test_the_old_address_works_until_the_new_one_is_proved(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, X-17"""
    home.get(home.get("/account/security?portal=e-services").link("Change email address"))
    home.fill(email=NEW).press("get-code")
    assert address(provider, anne.id) == anne.address

    home.fill(code="000000").press("verify")
    assert home.page.errors
    assert address(provider, anne.id) == anne.address
    home.fill(code=mailbox.last(to=NEW).code).press("verify")

    assert home.page.heading == "Sign-in and security"
    assert address(provider, anne.id) == NEW


def test_the_person_stays_the_same_and_signs_in_with_the_new_address(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-17: `sub` constant"""
    change(home, mailbox)

    sign_in(stranger, Account(anne.id, NEW, anne.phone, anne.password), mailbox)

    assert len(live(provider, anne.id)) == 2


def test_both_mailboxes_are_told_and_only_the_old_one_can_undo(home: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-15, X-17, P64"""
    change(home, mailbox)

    old, new = mailbox.last(to=anne.address), mailbox.last(to=NEW)

    assert "a•••@example.ch" in old.text
    assert re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", old.text)
    assert "192.0.2.x" in old.text
    assert "/undo-email-change?" in old.text
    assert "/undo-email-change?" not in new.text


def test_every_other_session_ends(home: Browser, provider: Provider, anne: Account, mailbox: Mailbox) -> None:
    """ASVS 7.4.3"""
    other = elsewhere(provider, anne.id)

    change(home, mailbox)

    assert other.id not in live(provider, anne.id)
    assert len(live(provider, anne.id)) == 1


def test_the_old_mailbox_undoes_it_and_everything_it_may_have_led_to(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-17: whoever changed the address may know the password"""
    change(home, mailbox)

    stranger.get(undo_link(mailbox, anne.address))
    assert address(provider, anne.id) == NEW
    stranger.press("undo")

    assert stranger.page.heading == "The change has been undone"
    assert address(provider, anne.id) == anne.address
    assert live(provider, anne.id) == []
    with provider.database.reading() as tx:
        assert passwords.current(tx, anne.id) is None
    assert stranger.get(stranger.page.link("Choose a new password")).path == "/recovery"


def test_after_three_days_it_stays(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-17: 72 hours"""
    change(home, mailbox)
    link = undo_link(mailbox, anne.address)

    clock.forward(seconds=STOPPABLE.total_seconds() - 60)
    assert stranger.get(link).heading == "Undo the change of address"
    clock.forward(seconds=61)
    stranger.press("undo")

    assert stranger.page.heading == "This change can no longer be undone"
    assert address(provider, anne.id) == NEW


def test_two_changes_in_a_row_are_undone_from_the_first_mailbox(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """The thief's second address takes nothing from the owner, and its own link is worth nothing then"""
    change(home, mailbox)
    link = undo_link(mailbox, anne.address)
    change(home, mailbox, "anne.drei@example.ch")
    thief = undo_link(mailbox, NEW)

    stranger.get(link)
    stranger.press("undo")

    assert address(provider, anne.id) == anne.address
    assert stranger.get(thief).heading == "This change can no longer be undone"


def test_an_address_is_undone_once(home: Browser, provider: Provider, anne: Account, mailbox: Mailbox) -> None:
    change(home, mailbox)
    with provider.database.reading() as tx:
        [row] = tx.session.query(EmailChange).filter_by(person_id=anne.id)

    def undo() -> bool:
        with provider.database.transaction() as tx:
            return email_changes.undo(tx, tx.session.get_one(EmailChange, row.id))

    assert sorted(in_parallel(undo, undo)) == [False, True]


def test_the_address_of_somebody_else_is_told_to_its_reader_only(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """A-27: the page with the address says nothing"""
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))

    home.get(PAGE)
    home.fill(email=luc.address).press("get-code")
    assert not home.page.errors
    home.fill(code=mailbox.last(to=luc.address).code).press("verify")

    assert home.page.errors == [
        "This address belongs to another account. An email address can belong to one person only."
    ]
    assert address(provider, anne.id) == anne.address


def test_the_present_address_is_no_change(home: Browser, anne: Account) -> None:
    home.get(PAGE)
    home.fill(email=anne.address).press("get-code")

    assert home.page.errors == ["This is already your address."]


def test_a_stolen_session_alone_changes_no_address(
    home: Browser, anne: Account, clock: MovableClock, provider: Provider
) -> None:
    """ASVS 7.5.1"""
    clock.forward(seconds=RECENT.total_seconds() + 1)

    assert home.get(PAGE).heading == "Enter your password again"
    assert address(provider, anne.id) == anne.address


def test_a_link_for_a_new_password_that_went_to_the_old_mailbox_dies(
    home: Browser, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """An e-mail change raced with a recovery: who reads the old mailbox is late"""
    stranger.get("/recovery?portal=e-services")
    stranger.fill(identifier=anne.address).press("continue")
    link = mailbox.last(to=anne.address).link

    change(home, mailbox)

    assert "no longer valid" in stranger.get(link).text


def test_a_recovery_by_the_new_mailbox_is_undone_with_the_change(
    home: Browser, stranger: Browser, anne: Account, mailbox: Mailbox, app: Flask
) -> None:
    """An e-mail change raced with a recovery: the thief's link for a new password dies with the undoing"""
    change(home, mailbox)
    undo = undo_link(mailbox, anne.address)
    stranger.get("/recovery?portal=e-services")
    stranger.fill(identifier=NEW).press("continue")
    link = mailbox.last(to=NEW).link

    owner = Browser(app, language="en")
    owner.get(undo)
    owner.press("undo")

    assert "no longer valid" in stranger.get(link).text


@pytest.mark.parametrize("link", ["", "x", "A" * 43])
def test_an_invented_link_undoes_nothing(stranger: Browser, link: str) -> None:
    assert stranger.get(f"/undo-email-change?link={link}").status == 410


def test_an_erased_person_leaves_no_old_address(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    change(home, mailbox)

    with provider.database.transaction() as tx:
        erase(tx, anne.id, by=Actor.operator("test"), reason="asked")

    with provider.database.reading() as tx:
        assert tx.session.query(EmailChange).count() == 0


def give(provider: Provider, person_id: str, wanted: str) -> str | EmailTaken:
    email = normalise_email(wanted)
    assert isinstance(email, Email)
    with provider.database.transaction() as tx:
        return emails.give(tx, person_id, email, verified=True)


def test_the_replaced_address_is_nobody_elses_while_it_can_be_restored(
    home: Browser, app: Flask, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-17: neither the new address of another account"""
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    change(home, mailbox)
    other = signed_in(app, provider, luc.id)

    change(other, mailbox, anne.address.replace("anne", "Anne"))

    assert len(other.page.errors) == 1
    assert "can still be restored there" in other.page.errors[0]
    assert address(provider, luc.id) == luc.address
    clock.forward(seconds=STOPPABLE.total_seconds() + 1)
    assert isinstance(give(provider, luc.id, anne.address), str)


def test_no_account_is_opened_with_the_replaced_address(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-17"""
    change(home, mailbox)
    email = normalise_email(anne.address)
    assert isinstance(email, Email)

    with provider.database.transaction() as tx:
        new = NewPerson(email=email, given_name="Eve", family_name="Muster", language="fr")
        created = accounts.create(tx, new, reason="test")

    assert created == EmailTaken(reserved=True)
    with provider.database.reading() as tx:
        assert tx.session.query(Person).filter_by(given_name="Eve").count() == 0


def test_the_person_themselves_may_take_the_old_address_again(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    change(home, mailbox)

    assert isinstance(give(provider, anne.id, anne.address), str)


def test_an_undone_change_reserves_nothing(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    change(home, mailbox)
    stranger.get(undo_link(mailbox, anne.address))
    stranger.press("undo")

    assert isinstance(give(provider, luc.id, NEW), str)


def test_who_takes_the_address_in_the_moment_of_the_change_gets_nothing(provider: Provider, anne: Account) -> None:
    """X-17: the reservation is looked at after the address is ours"""
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    new = normalise_email(NEW)
    assert isinstance(new, Email)

    def leave() -> object:
        with provider.database.transaction() as tx:
            at = Occasion(client_id="e-services", issuer="http://localhost")
            return change_email(tx, anne.id, new, at, by=Actor.person(anne.id))

    def take() -> object:
        return give(provider, luc.id, anne.address)

    _, taken = in_parallel(leave, take)

    assert isinstance(taken, EmailTaken)
    assert address(provider, luc.id) == luc.address
