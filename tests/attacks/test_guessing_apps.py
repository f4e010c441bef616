"""Somebody has stolen passwords, and guesses codes of authenticator apps and recovery codes."""

import pytest
from flask import Flask

from idp.credentials import recovery_codes
from idp.provider import Provider
from tests.flows.conftest import Account, give_password, make_account
from tests.support.authenticators import App, give_app
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

PAGE = "/login?portal=e-services"
TRIES = 25  # limits.second_step


@pytest.fixture
def anne(provider: Provider) -> Account:
    return make_account(provider, Account(""))


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app, language="en")


@pytest.fixture
def victim(provider: Provider, anne: Account, clock: MovableClock) -> App:
    """Anne has an app and recovery codes."""
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne.id, recovery_codes.draw())
    return give_app(provider, clock, anne.id)


def wrong(app: App) -> str:
    """A code that the app does not show now, a step ago or in a step."""
    shown = {app.code(steps=step) for step in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in shown)


def at_second_step(browser: Browser, account: Account) -> Browser:
    browser.get(PAGE)
    give_password(browser, account)
    return browser


def test_guesses_by_different_methods_share_one_count(visitor: Browser, anne: Account, victim: App) -> None:
    """X-14: changing between app and recovery codes gives no more tries"""
    at_second_step(visitor, anne)
    for _ in range(TRIES - 5):
        visitor.fill(code=wrong(victim)).press("verify")
    visitor.press("use-recovery")
    for _ in range(5):
        visitor.fill(code="AAAAA BBBBB CCCCC").press("verify")
        assert visitor.page.status == 422

    visitor.fill(code="AAAAA BBBBB CCCCC").press("verify")
    assert visitor.page.status == 429
    visitor.press("use-totp")
    visitor.fill(code=victim.code()).press("verify")
    assert visitor.page.status == 429


def test_guesses_from_many_browsers_share_the_count_of_their_victim(
    app: Flask, visitor: Browser, anne: Account, victim: App, provider: Provider
) -> None:
    """X-14: a new sign-in from another network begins no new count; another person has a count of their own"""
    for number in range(5):
        thief = at_second_step(Browser(app, address=f"198.51.100.{number}", language="en"), anne)
        for _ in range(5):
            thief.fill(code=wrong(victim)).press("verify")
    late = at_second_step(Browser(app, address="203.0.113.9", language="en"), anne)
    late.fill(code=wrong(victim)).press("verify")
    assert late.page.status == 429

    marc = make_account(provider, Account("", address="marc.dubois@example.ch"), names=("Marc", "Dubois"))
    his = give_app(provider, victim.clock, marc.id)
    at_second_step(visitor, marc)
    visitor.fill(code=his.code()).press("verify")
    assert visitor.left_for


def test_a_code_that_is_sent_by_many_browsers_at_once_opens_one_session(app: Flask, anne: Account, victim: App) -> None:
    """RFC 6238 §5.2"""
    browsers = [at_second_step(Browser(app, address=f"192.0.2.{n}", language="en"), anne) for n in range(1, 5)]
    code = victim.code()
    for browser in browsers:
        browser.fill(code=code)

    in_parallel(*[lambda browser=browser: browser.press("verify") for browser in browsers])  # type: ignore[misc]

    assert sum(bool(browser.cookie("session-e-services")) for browser in browsers) == 1


def test_a_recovery_code_that_is_sent_by_many_browsers_at_once_opens_one_session(
    app: Flask, provider: Provider, anne: Account
) -> None:
    """X-18: with threads, through the pages"""
    codes = recovery_codes.draw()
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne.id, codes)
    browsers = [at_second_step(Browser(app, address=f"192.0.2.{n}", language="en"), anne) for n in range(1, 5)]
    for browser in browsers:
        browser.press("use-recovery")
        browser.fill(code=codes[0])

    in_parallel(*[lambda browser=browser: browser.press("verify") for browser in browsers])  # type: ignore[misc]

    assert sum(bool(browser.cookie("session-e-services")) for browser in browsers) == 1
    with provider.database.reading() as tx:
        assert recovery_codes.left(tx, anne.id) == len(codes) - 1
