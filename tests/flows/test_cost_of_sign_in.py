"""How often a whole sign-in asks the database (decision 0004): authorize, page, password, and the client's code."""

from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_password
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.counting import counting
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

PORTAL = "e-services"


@pytest.mark.parametrize("known", [True, False], ids=["known browser", "new browser"])
def test_a_sign_in_without_second_step_takes_at_most_22_statements_and_3_commits(
    app: Flask, provider: Provider, anne: Account, known: bool
) -> None:
    """A new browser is announced by mail, and costs the most: the limits, the start and the code commit once each."""
    bend(provider, PORTAL, policy={"second_step": "never", "methods": ("email",), "sso": "within"})
    portal, visitor = RelyingParty(app, PORTAL), Browser(app, language="en")

    def sign_in(browser: Browser) -> None:
        browser.get("/authorize?" + urlencode(portal.request()))
        give_password(browser, anne)
        assert arrived(browser).parameters["code"]

    sign_in(visitor)
    browser = visitor if known else Browser(app, language="en")
    for name in [name for name in browser.cookies if name.startswith("session")]:
        browser.client.delete_cookie(name, domain=urlsplit(browser.issuer).hostname or "localhost")
    with counting(provider.database) as asked:
        sign_in(browser)

    assert asked.commits == 3
    assert asked.statements <= 22, asked.texts
