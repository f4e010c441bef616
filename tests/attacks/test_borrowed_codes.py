"""A code proves the mailbox or phone it went to, and nothing for whoever comes after in the same run."""

from typing import Any

import pytest
from flask import Flask

from idp.codes import service as codes
from idp.codes.rules import Purpose
from idp.codes.service import CodeRequest, Destination
from idp.provider import Provider
from tests.flows.conftest import Account, give_password, make_account
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/login?portal=e-services"


@pytest.fixture
def overrides() -> dict[str, Any]:
    """One code a run: whoever asks for the next one gets none."""
    return {"limits": {"codes_run": {"times": 1, "window": 86_400}}}


def test_the_code_of_ones_own_phone_is_no_second_step_for_somebody_else(
    app: Flask, provider: Provider, mailbox: Mailbox
) -> None:
    """A thief knows Bea's password, and has an account: Back, and Bea's password after the code of the own phone."""
    thief = make_account(provider, Account("", address="thief@example.ch", phone="+41790000001"))
    victim = make_account(provider, Account("", address="bea@example.ch", phone="+41790000002"))
    browser = Browser(app, language="en")
    browser.get(PAGE)
    give_password(browser, thief)
    code = mailbox.last(to=thief.phone).code

    browser.post(
        browser.page.path, {**browser.page.submission(browser.page.button("verify")), "action": "back:credentials"}
    )
    give_password(browser, victim)
    hidden = {name: browser.page.value(name) for name in ("csrf_token", "step", "page")}
    browser.post(browser.page.path, {**hidden, "code": code})  # the page shows no field: there is no code of Bea's

    assert browser.page.errors
    assert not browser.cookie("session-e-services")


def test_another_address_ends_the_codes_of_before_also_where_no_more_may_be_sent(provider: Provider) -> None:
    """A-34"""
    first, second = (
        CodeRequest(purpose=Purpose.SIGN_IN_SMS, bound_to="run", destination=Destination("sms", number), language="en")
        for number in ("+41790000001", "+41790000002")
    )

    with provider.database.transaction() as tx:
        codes.issue(tx, provider.limiter, first)
        refused = codes.issue(tx, provider.limiter, second)

        assert isinstance(refused, codes.UnsentCode)
        assert codes.live(tx, purpose=Purpose.SIGN_IN_SMS, bound_to="run") is None
