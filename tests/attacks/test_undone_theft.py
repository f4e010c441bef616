"""A thief took the address and added ways to sign in: undoing it leaves them none, and the owner waits for nothing."""

import pytest
from flask import Flask

from idp.credentials import passkeys
from idp.people import phones
from idp.provider import Provider
from tests.flows.account.conftest import signed_in
from tests.flows.account.test_change_email import address, change, undo_link
from tests.flows.account.test_not_me import changed, noticed_at, typed_code
from tests.flows.conftest import Account, anne, sign_in, stranger, visitor
from tests.flows.passkeys import give_passkey, use
from tests.flows.recovering import NEW, ask, finish, open_link
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

__all__ = ["anne", "stranger", "visitor"]

pytestmark = pytest.mark.both_databases

LOGIN = "/login?portal=e-services"


def names(provider: Provider, person_id: str) -> list[str]:
    with provider.database.reading() as tx:
        return [each.name for each in passkeys.listed(tx, person_id)]


@pytest.fixture
def thief(app: Flask, provider: Provider, anne: Account) -> Browser:
    """A fresh session of Anne's."""
    return signed_in(app, provider, anne.id)


def test_undoing_the_change_removes_what_was_added_since(
    thief: Browser, visitor: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-17, X-18: a passkey of the thief's would open the account again at once; older ones stay"""
    clock.forward(days=-9)
    give_passkey(provider, anne.id, Authenticator(), name="Mine")
    clock.forward(days=9)
    change(thief, mailbox)
    clock.forward(seconds=60)
    device = Authenticator()
    give_passkey(provider, anne.id, device, name="Thief")

    visitor.get(undo_link(mailbox, anne.address))
    visitor.press("undo")

    assert names(provider, anne.id) == ["Mine"]
    assert "added after the change were removed" in visitor.page.text
    assert visitor.page.link("Choose a new password")
    assert any("moyen de connexion" in mail.subject for mail in mailbox.sent(to=anne.address))
    thief.get(LOGIN)
    use(thief, device)
    assert not thief.left_for


def test_the_number_of_a_thief_goes_with_the_change(
    thief: Browser, visitor: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-16, X-17, X-18: its codes would sign in and recover; the thief's phone is told, as every number is"""
    change(thief, mailbox)
    clock.forward(seconds=60)
    with provider.database.transaction() as tx:
        phones.give(tx, anne.id, "+41791112233", verified=True)

    visitor.get(undo_link(mailbox, anne.address))
    visitor.press("undo")

    with provider.database.reading() as tx:
        assert phones.of_person(tx, anne.id) is None
    assert mailbox.last(to="+41791112233").channel == "sms"


def test_an_older_number_stays(
    thief: Browser, visitor: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18"""
    clock.forward(days=4)
    sign_in(visitor, anne, mailbox)
    change(visitor, mailbox)

    visitor.get(undo_link(mailbox, anne.address))
    visitor.press("undo")

    with provider.database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
    assert phone is not None
    assert phone.number == anne.phone


def test_what_was_added_shortly_before_goes_at_once_and_the_owner_is_in_again(
    thief: Browser, visitor: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-16, X-17, X-18: to the end, within minutes, though changes wait for two days after the recovery"""
    give_passkey(provider, anne.id, Authenticator(), name="Thief")
    clock.forward(seconds=60)
    change(thief, mailbox)
    clock.forward(hours=5)
    visitor.get(undo_link(mailbox, anne.address))
    visitor.press("undo")

    visitor.get(visitor.page.link("Check your sign-in methods"))
    visitor.press("get-code")
    visitor.fill(code=typed_code(mailbox, anne)).press("verify")
    visitor.press("protect")
    assert visitor.page.heading == "Are these all yours?"
    visitor.fill(methods=visitor.page.field("methods").get("value")).press("continue")

    assert names(provider, anne.id) == []
    ask(visitor, "e-services", anne.address)
    open_link(visitor, mailbox)
    finish(visitor, mailbox)
    clock.forward(minutes=1)
    sign_in(visitor, Account(anne.id, password=NEW), mailbox)
    assert visitor.left_for
    assert address(provider, anne.id) == anne.address


def test_an_old_method_is_not_removed_by_a_link_alone(
    thief: Browser, visitor: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18: whoever reads the old mailbox takes away no more than the notices of the last days let them"""
    clock.forward(days=-4)
    give_passkey(provider, anne.id, Authenticator(), name="Mine")
    clock.forward(days=4)
    change(thief, mailbox)

    visitor.get(undo_link(mailbox, anne.address))
    visitor.press("undo")

    assert visitor.page.by_id("methods") is None
    assert names(provider, anne.id) == ["Mine"]


def test_the_link_of_a_notice_removes_it_too(
    visitor: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-16, X-17: « It was not me » undoes the change, and what came after it is not asked about"""
    link = noticed_at(provider, anne, mailbox, anne.address)
    changed(provider, anne, "thief@example.com")
    clock.forward(seconds=60)
    give_passkey(provider, anne.id, Authenticator(), name="Thief")

    visitor.get(link)
    visitor.press("get-code")
    visitor.fill(code=typed_code(mailbox, anne)).press("verify")
    visitor.press("protect")

    assert visitor.page.heading == "Your account is protected"
    assert names(provider, anne.id) == []
