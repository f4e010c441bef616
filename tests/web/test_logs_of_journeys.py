"""Whole journeys leave nothing secret in the logs: every code, password, token and address is looked for."""

import io
import json
import re
from urllib.parse import urlencode

from flask import Flask

from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_code, make_account
from tests.support.browser import Browser
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty


def test_a_sign_in_with_its_mistakes_leaves_no_secret_in_the_logs(
    app: Flask, provider: Provider, mailbox: Mailbox, log: io.StringIO
) -> None:
    """X-21"""
    anne = make_account(provider, Account(""))
    browser = Browser(app, language="en")
    portal = RelyingParty(app, "e-services")
    request = portal.request(scope="openid email phone", login_hint=anne.address)

    browser.get("/authorize?" + urlencode(request))
    browser.fill(identifier="wrong.person@example.ch", password="a wrong password").press("sign-in")
    browser.fill(identifier=anne.address, password=anne.password).press("sign-in")
    browser.fill(code="000000").press("verify")
    give_code(browser, mailbox)
    answer = arrived(browser)
    tokens = portal.redeem(answer)
    app.test_client().get(f"/nowhere/{answer.code}?token={tokens['access_token']}")

    written = log.getvalue()
    assert len(written.splitlines()) > 8
    assert all(json.loads(line) for line in written.splitlines())
    secrets = {
        *(message.code for message in mailbox.sent()),
        *(value for name, value in browser.cookies.items() if name != "portal"),
        *(str(value) for name, value in tokens.items() if name.endswith("_token")),
        "wrong.person",
        "a wrong password",
        anne.address,
        anne.password,
        "791234567",
        answer.code,
        request["state"],
        request["nonce"],
    }
    assert [secret for secret in secrets if secret in written] == []
    assert not re.search(r"\beyJ[A-Za-z0-9_-]{10}", written), "a JWT is in the logs"
