"""Journeys of signed-in people: the detour through a sign-in, and back to what was typed."""

import pytest

from idp.provider import Provider
from tests.flows.conftest import Account, give_code, give_password, make_account, sign_in
from tests.flows.engine.conftest import events
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

START = "/careful?portal=e-services"


def test_who_is_not_signed_in_signs_in_first_and_comes_back(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    sign_in(visitor, anne, mailbox, START)

    assert visitor.page.path == "/careful"
    assert visitor.page.heading == "Your email address"


def test_a_sign_in_too_long_ago_is_renewed_and_the_input_kept(
    visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """B-53"""
    sign_in(visitor, anne, mailbox, START)
    clock.forward(minutes=16)

    visitor.fill(email="typed@example.ch").press("get-code")
    assert visitor.page.heading == "Enter your password again"
    visitor.fill(password=anne.password).press("sign-in")
    give_code(visitor, mailbox, "sms")

    assert visitor.page.path.startswith("/careful/")
    assert visitor.page.value("email") == "typed@example.ch"


def test_a_session_that_ended_in_between_keeps_the_input_too(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-04"""
    sign_in(visitor, anne, mailbox, START)
    visitor.client.delete_cookie("session-e-services")

    visitor.fill(email="typed@example.ch").press("get-code")
    give_password(visitor, anne)
    give_code(visitor, mailbox, "sms")

    assert visitor.page.value("email") == "typed@example.ch"


def test_the_way_back_cannot_be_forged(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """No open redirect (ASVS 3.7): only a path that we sealed is gone back to"""
    sign_in(visitor, anne, mailbox, "/login?portal=e-services&return=https://evil.example/")

    assert visitor.left_for.startswith("https://e-services.example.ch/login?iss=")


def test_a_session_that_ends_during_the_slow_phase_stops_the_step(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """Rulings 14: what was seen before is checked again in the transaction"""
    sign_in(visitor, anne, mailbox, START)
    visitor.fill(email="typed@example.ch").press("get-code")

    visitor.press("continue")

    assert visitor.page.heading == "Please sign in"
    assert events(provider) == []


def test_a_journey_begun_by_one_person_is_not_continued_by_another(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """Two people at one computer"""
    luc = make_account(provider, Account("", address="luc@example.ch", phone="+41791234568"))
    sign_in(visitor, anne, mailbox, START)
    visitor.fill(email="typed@example.ch").press("get-code")
    annes = visitor.page.url
    sign_in(visitor, luc, mailbox)

    page = visitor.get(annes)

    assert page.status == 403
    assert page.heading == "Someone else started this"
