"""Anne signs in while something is broken; what the page, the log and the next try are like."""

import io
import json

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.conftest import Account, make_account
from tests.support.browser import Browser, Page

PAGE = "/login?portal=e-services"


@pytest.fixture
def anne(provider: Provider) -> Account:
    return make_account(provider, Account(""))


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app, language="en")


def sign_in(browser: Browser, account: Account) -> Page:
    browser.get(PAGE)
    return browser.fill(identifier=account.address, password=account.password).press("sign-in")


def assert_asks_for_patience(page: Page, account: Account) -> None:
    """The page says to retry, and keeps what is no secret."""
    assert page.status == 503
    assert "Your answers have not been lost" in page.text
    assert page.response.headers["Retry-After"]
    assert page.value("identifier") == account.address
    assert account.password not in page.response.text


def reasons(log: io.StringIO) -> list[str]:
    """What the log says of the database."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line["reason"] for line in lines if line["event"] == "database_unavailable"]


def is_recovered(browser: Browser, account: Account) -> bool:
    """« Try again » brings back the page with what was typed; with the password it goes on, in the same process."""
    browser.press("retry")
    browser.fill(password=account.password).press("sign-in")
    return browser.page.heading == "Your sign-in code"


def readiness(app: Flask) -> dict[str, str]:
    """What each check of `/readyz` says."""
    found: dict[str, str] = app.test_client().get("/readyz").get_json()["checks"]
    return found
