"""Who sits at somebody's unlocked device, or took their session, is no further with their password."""

from collections.abc import Callable

import pytest
from flask import Flask

from idp.credentials import authenticator_apps
from idp.provider import Provider
from tests.flows.conftest import Account, anne, give_code, sign_in, visitor
from tests.flows.passkeys import options, send
from tests.support.authenticator import Authenticator
from tests.support.authenticators import code_at
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

__all__ = ["anne", "visitor"]

pytestmark = pytest.mark.both_databases

TRIES = 8
COOKIE = "session-e-services"
NEW = "sept petits mots bien plus longs"
Answer = Callable[[Browser, Account, Mailbox], None]


def copy_of(app: Flask, owner: Browser) -> Browser:
    """A thief in another network with the owner's session cookie."""
    thief = Browser(app, address="198.51.100.7", language="en")
    thief.client.set_cookie(COOKIE, owner.cookie(COOKIE))
    return thief


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/account?portal=e-services").path.startswith("/account"))


def apps(provider: Provider, anne: Account) -> list[str]:
    with provider.database.reading() as tx:
        return [each.name for each in authenticator_apps.listed(tx, anne.id)]


def change_password(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/new-password?portal=e-services")
    browser.fill(password=anne.password).press("sign-in")
    give_code(browser, mailbox, "sms")
    browser.fill(new_password=NEW, new_password_again=NEW).press("continue")


def report_theft(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/emergency?portal=e-services")
    browser.press("protect")
    browser.fill(new_password=NEW, new_password_again=NEW).press("continue")


def sign_out_others(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/sign-out-elsewhere?portal=e-services")
    browser.press("sign-out-there")


def change_number(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/change-phone?portal=e-services")
    browser.fill(phone="079 555 66 77").press("get-code")
    browser.fill(code=mailbox.last(to="+41795556677").code).press("verify")


def change_address(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/change-email?portal=e-services")
    browser.fill(email="anne.neu@example.ch").press("get-code")
    browser.fill(code=mailbox.last(to="anne.neu@example.ch").code).press("verify")


def add_passkey(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/add-passkey?portal=e-services")
    send(browser, Authenticator().create(options(browser)), name="Phone")
    assert browser.page.heading == "Your passkey is ready"


def add_app(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/add-authenticator?portal=e-services")
    browser.press("continue")
    key = browser.page.by_id("key")
    assert key is not None
    browser.fill(code=code_at(key.text.replace(" ", ""), browser.client.application.extensions["provider"].clock.now()))
    browser.press("add-app")
    assert browser.page.heading == "Your app has been added"


def make_codes(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    browser.get("/recovery-codes?portal=e-services")
    browser.press("continue")
    browser.fill(kept=True).press("continue")


def remove_passkey(browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    add_passkey(browser, anne, mailbox)
    browser.get("/remove-method?portal=e-services")
    browser.fill(method=browser.page.field("method").get("value")).press("remove")
    assert browser.page.heading == "This sign-in method has been removed"


ANSWERS = pytest.mark.parametrize("answer", [change_password, report_theft])


@pytest.mark.parametrize("answer", [change_password, report_theft, sign_out_others, change_number, change_address])
def test_a_copy_of_the_session_ends_with_whatever_ends_all_other_sessions(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock, answer: Answer
) -> None:
    """X-16, ASVS 7.2.4: also of the very session in which the password is changed, which goes on"""
    sign_in(visitor, anne, mailbox)
    thief = copy_of(app, visitor)
    assert is_signed_in(thief)
    clock.forward(minutes=2)

    answer(visitor, anne, mailbox)

    assert is_signed_in(visitor)
    assert not is_signed_in(thief)


@pytest.mark.parametrize("change", [add_passkey, add_app, make_codes, remove_passkey])
def test_the_cookie_changes_with_a_method_so_that_a_copy_of_before_opens_nothing(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, change: Answer
) -> None:
    """X-16, X-18, ASVS 7.2.4: the owner's own session goes on"""
    sign_in(visitor, anne, mailbox)
    thief = copy_of(app, visitor)
    assert is_signed_in(thief)

    change(visitor, anne, mailbox)

    assert is_signed_in(visitor)
    assert not is_signed_in(thief)


def test_after_a_method_was_added_the_other_devices_can_be_signed_out(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, ASVS 7.4.3: offered where there are others"""
    other = Browser(app, address="198.51.100.7", language="en")
    sign_in(other, anne, mailbox)
    sign_in(visitor, anne, mailbox)

    add_passkey(visitor, anne, mailbox)
    visitor.get(visitor.page.link("Sign out on all other devices"))
    visitor.press("sign-out-there")

    assert is_signed_in(visitor)
    assert not is_signed_in(other)
    add_passkey(visitor, anne, mailbox)
    assert visitor.page.by_id("sign-out-others") is None


def test_who_presses_the_last_button_twice_stays_signed_in(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-02: the browser drops the first answer, and with it the new cookie"""
    sign_in(visitor, anne, mailbox)
    visitor.get("/emergency?portal=e-services")
    visitor.press("protect")
    before = visitor.cookie(COOKIE)
    visitor.fill(new_password=NEW, new_password_again=NEW).send("continue")
    visitor.client.set_cookie(COOKIE, before)

    visitor.press("continue")

    assert is_signed_in(visitor)


@ANSWERS
def test_a_method_that_the_thief_was_adding_is_not_added_afterwards(
    app: Flask,
    provider: Provider,
    visitor: Browser,
    anne: Account,
    mailbox: Mailbox,
    clock: MovableClock,
    answer: Answer,
) -> None:
    """X-18: the page with the key is open, and the code is right"""
    sign_in(visitor, anne, mailbox)
    thief = copy_of(app, visitor)
    thief.get("/add-authenticator?portal=e-services")
    thief.press("continue")
    key = thief.page.by_id("key")
    assert key is not None, thief.page.text
    clock.forward(minutes=2)
    answer(visitor, anne, mailbox)

    thief.fill(code=code_at(key.text.replace(" ", ""), clock.now())).press("add-app")

    assert apps(provider, anne) == []


@pytest.mark.parametrize(
    "journey",
    ["add-authenticator", "add-passkey", "recovery-codes", "remove-method", "change-phone"],
)
def test_a_stolen_session_changes_no_method_once_the_sign_in_is_five_minutes_old(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock, journey: str
) -> None:
    """X-18, ASVS 7.5.1: neither with the wrong password"""
    sign_in(visitor, anne, mailbox)
    thief = copy_of(app, visitor)
    clock.forward(minutes=5, seconds=1)

    thief.get(f"/{journey}?portal=e-services")
    assert thief.page.heading == "Enter your password again"
    thief.fill(password="quelque chose").press("sign-in")

    assert thief.page.errors


def test_a_session_is_no_licence_to_guess_the_password(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """A new browser cookie with each try is no new budget."""
    sign_in(visitor, anne, mailbox)
    statuses = []

    for _ in range(TRIES):
        thief = copy_of(app, visitor)
        provider.clock.forward(minutes=2)  # type: ignore[attr-defined]
        thief.get("/reauthentication?portal=e-services")
        statuses.append(thief.fill(password="quelque chose").press("sign-in").status)

    assert statuses[-1] == 429
