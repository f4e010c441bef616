"""Strangers who guess stop nobody who has the right secret, not even from the same network (decision 0009)."""

from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.provider import Provider
from tests.flows.conftest import Account, anne, sign_in, stranger, visitor
from tests.flows.registrations import Letters, give_letter
from tests.support.browser import Browser
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

__all__ = ["anne", "stranger", "visitor"]

pytestmark = pytest.mark.both_databases

WRONG = "7KQ4 M2XT 9HWD"


@pytest.fixture
def overrides() -> dict[str, Any]:
    a_day = {"window": 86_400}
    few = {"times": 3, **a_day}
    return {"limits": {"registration_code": few, "device_code": few, "network": few, "second_step": few}}


def refusals(provider: Provider) -> int:
    query = sa.select(sa.func.count()).where(AuditEvent.name == "RegistrationCodeRefused")
    with provider.database.reading() as tx:
        return tx.session.scalar(query) or 0


def guess_letters(app: Flask, *, times: int, address: str = "198.51.100.7") -> Browser:
    browser = Browser(app, address=address, language="en")
    browser.get("/AK00/register")
    for _ in range(times):
        browser.fill(code=WRONG).press("continue")
    return browser


def test_a_right_letter_opens_from_a_network_that_may_guess_no_more(app: Flask, provider: Provider) -> None:
    """C-18, rulings 35"""
    letter = Letters(provider).insured()
    assert guess_letters(app, times=4).page.status == 429

    owner = Browser(app, address="198.51.100.7", language="en")
    give_letter(owner, letter.code)

    assert owner.page.errors == []
    assert owner.page.path.startswith("/activation/")


def test_guessing_from_everywhere_stops_nobody(app: Flask, provider: Provider) -> None:
    """C-18, rulings 35: there is no count for everybody together"""
    letter = Letters(provider).insured()
    for number in range(40):
        guess_letters(app, times=1, address=f"198.51.100.{number}")

    owner = Browser(app, address="198.51.100.200", language="en")
    give_letter(owner, letter.code)

    assert owner.page.errors == []


def test_who_has_a_right_letter_gets_no_further_guesses_by_it(app: Flask, provider: Provider) -> None:
    """What was not counted is not given back."""
    letter = Letters(provider).insured()
    guess_letters(app, times=4)
    give_letter(Browser(app, address="198.51.100.7", language="en"), letter.code)

    assert guess_letters(app, times=1).page.status == 429


def test_guesses_after_the_last_one_leave_nothing_behind(app: Flask, provider: Provider) -> None:
    guess_letters(app, times=3)
    before = refusals(provider)

    guess_letters(app, times=5)

    assert refusals(provider) == before


def test_guessing_in_parallel_is_counted_all_the_same(app: Flask, provider: Provider) -> None:
    browsers = [Browser(app, address="198.51.100.7", language="en") for _ in range(8)]
    for browser in browsers:
        browser.get("/AK00/register")

    in_parallel(*[lambda b=browser: b.fill(code=WRONG).press("continue") for browser in browsers])  # type: ignore[misc]

    assert sorted(browser.page.status for browser in browsers) == [422] * 3 + [429] * 5


def test_a_right_code_of_a_device_is_good_from_a_network_that_may_guess_no_more(app: Flask) -> None:
    """RFC 8628 §5.1"""
    asked = app.test_client().post("/device_authorization", data={"client_id": "television", "scope": "openid"}).json
    stranger = Browser(app, language="en")
    stranger.get("/device")
    for _ in range(4):
        stranger.fill(code="BBBB-BBBB").press("continue")
    assert stranger.page.status == 429
    owner = Browser(app, language="en")
    owner.get("/device")

    owner.fill(code=asked["user_code"]).press("continue")

    assert owner.page.heading == "Please sign in to Test client television"


def test_strangers_of_its_network_do_not_stop_a_browser_that_is_known(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.1.1"""
    sign_in(visitor, anne, mailbox)
    stranger = Browser(app, language="en")
    for number in range(4):
        stranger.get("/login?portal=e-services")
        stranger.fill(identifier=f"nobody{number}@example.ch", password="n'importe quoi").press("sign-in")
    assert stranger.page.status == 429
    visitor.client.delete_cookie("session-e-services")

    sign_in(visitor, anne, mailbox)

    assert visitor.cookie("session-e-services")


def test_a_thief_of_the_password_does_not_stop_the_second_step_of_a_browser_that_is_known(
    app: Flask, visitor: Browser, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.1.1"""
    sign_in(visitor, anne, mailbox)
    stranger.get("/login?" + urlencode({"portal": "e-services"}))
    stranger.fill(identifier=anne.address, password=anne.password).press("sign-in")
    wrong = "000000" if mailbox.last().code != "000000" else "111111"
    for _ in range(4):
        stranger.fill(code=wrong).press("verify")
    assert stranger.page.status == 429
    visitor.client.delete_cookie("session-e-services")

    sign_in(visitor, anne, mailbox)

    assert visitor.cookie("session-e-services")
