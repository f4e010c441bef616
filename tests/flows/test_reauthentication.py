"""Proving oneself anew: for a portal that asks, for a stronger sign-in, for an action that needs it."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_code, give_password, sign_in
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases


@pytest.fixture
def portal(app: Flask) -> RelyingParty:
    """A portal that needs a password only, and shares its sign-in."""
    return RelyingParty(app, "basic")


def ask(browser: Browser, portal: RelyingParty, **changes: str) -> None:
    browser.get("/authorize?" + urlencode(portal.request(**changes)))


def test_a_portal_may_ask_for_a_new_sign_in(
    visitor: Browser, anne: Account, portal: RelyingParty, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.1, prompt=login: the password again, and a later auth_time"""
    ask(visitor, portal)
    give_password(visitor, anne)
    first = portal.redeem(arrived(visitor))["claims"]
    clock.forward(minutes=2)

    ask(visitor, portal, prompt="login")
    assert visitor.page.heading == "Enter your password again"
    assert visitor.page.value("username") == anne.address
    visitor.fill(password=anne.password).press("sign-in")

    second = portal.redeem(arrived(visitor))["claims"]
    assert second["sub"] == first["sub"] == anne.id
    assert second["auth_time"] == first["auth_time"] + 120


def test_a_sign_in_older_than_max_age_is_asked_again(
    visitor: Browser, anne: Account, portal: RelyingParty, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.1, max_age"""
    ask(visitor, portal)
    give_password(visitor, anne)
    clock.forward(minutes=11)

    ask(visitor, portal, max_age="600")

    assert visitor.page.heading == "Enter your password again"


def test_a_wrong_password_is_refused_and_counted(
    visitor: Browser, anne: Account, portal: RelyingParty, clock: MovableClock
) -> None:
    """X-14"""
    ask(visitor, portal)
    give_password(visitor, anne)
    clock.forward(minutes=2)
    ask(visitor, portal, prompt="login")

    for _ in range(5):
        visitor.fill(password="wrong").press("sign-in")
        assert visitor.page.errors == ["This password is not correct."]
    visitor.fill(password=anne.password).press("sign-in")

    assert visitor.page.status == 429


def test_a_stronger_sign_in_asks_only_for_what_is_missing(
    visitor: Browser, anne: Account, portal: RelyingParty, mailbox: Mailbox, clock: MovableClock
) -> None:
    """RFC 9470: the code is sent by a button, never by the arrival (rulings 13)"""
    ask(visitor, portal)
    give_password(visitor, anne)
    before = portal.redeem(arrived(visitor))["claims"]
    clock.forward(minutes=2)

    ask(visitor, portal, claims='{"id_token": {"acr": {"essential": true, "value": "mfa"}}}')
    assert visitor.page.heading == "One more step"
    assert mailbox.sent() == []
    visitor.press("continue")
    give_code(visitor, mailbox)

    after = portal.redeem(arrived(visitor))["claims"]
    assert (before["acr"], after["acr"]) == ("password", "mfa")
    assert set(after["amr"]) == {"pwd", "sms", "mfa"}
    assert after["auth_time"] == before["auth_time"]


def test_a_mail_code_is_not_enough_where_a_second_factor_is_wanted(
    visitor: Browser, anne: Account, portal: RelyingParty, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A mail code is no second factor (NIST SP 800-63B-4 §3.1.3.1)"""
    ask(visitor, portal, claims='{"id_token": {"acr": {"essential": true, "value": "mfa"}}}')
    give_password(visitor, anne)

    assert mailbox.last().channel == "sms"
    assert "use-email" not in [button.get("id") for button in visitor.page.all("button")]


def test_the_new_token_replaces_the_old_one(
    visitor: Browser, anne: Account, portal: RelyingParty, clock: MovableClock
) -> None:
    """ASVS 7.2.4"""
    ask(visitor, portal)
    give_password(visitor, anne)
    before = visitor.cookie("session-basic")
    clock.forward(minutes=2)

    ask(visitor, portal, prompt="login")
    visitor.fill(password=anne.password).press("sign-in")

    assert visitor.cookie("session-basic") not in {before, ""}


def test_somebody_else_can_sign_in_instead(
    visitor: Browser, anne: Account, portal: RelyingParty, clock: MovableClock
) -> None:
    ask(visitor, portal)
    give_password(visitor, anne)
    clock.forward(minutes=2)
    ask(visitor, portal, prompt="login")

    visitor.get(visitor.page.link("Sign in with another account"))

    assert visitor.page.heading == "Please sign in to Test client basic"


def test_without_a_session_the_whole_sign_in_comes_first(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    visitor.get("/reauthentication?portal=e-services")

    assert visitor.page.heading == "Please sign in"


def test_right_after_signing_in_nothing_is_asked_again(
    visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    sign_in(visitor, anne, mailbox, "/reauthentication?portal=e-services")

    assert visitor.left_for.startswith("https://e-services.example.ch/")
