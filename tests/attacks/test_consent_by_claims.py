"""A portal that asks for single claims learns them only after the person was asked about them (OIDC Core §5.5)."""

import json
from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_password, make_account
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app, language="en")


@pytest.fixture
def anne(provider: Provider) -> Account:
    return make_account(provider, Account(""))


PHONE = json.dumps({"userinfo": {"phone_number": {"essential": True}}})
EMAIL = json.dumps({"id_token": {"email": None}})


@pytest.mark.parametrize(("claims", "words"), [(PHONE, "your phone number"), (EMAIL, "your email address")])
def test_the_person_is_told_of_claims_that_no_scope_names(
    app: Flask, visitor: Browser, anne: Account, claims: str, words: str
) -> None:
    """OIDC Core §3.1.2.4, §5.5"""
    visitor.get("/authorize?" + urlencode(RelyingParty(app, "asks-consent").request(scope="openid", claims=claims)))
    give_password(visitor, anne)

    assert words in visitor.page.text


def test_a_consent_to_be_recognised_is_none_to_tell_the_phone_number(
    app: Flask, visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.4: the portal was allowed `openid`, and comes back for more by `claims`, also silently"""
    portal = RelyingParty(app, "asks-consent")
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid")))
    give_password(visitor, anne)
    visitor.press("allow")
    assert arrived(visitor).code
    clock.forward(seconds=5)

    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", claims=PHONE, prompt="none")))
    assert arrived(visitor).error == "consent_required"
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", claims=PHONE)))
    assert "your phone number" in visitor.page.text

    visitor.press("allow")
    assert arrived(visitor).code
    clock.forward(seconds=5)
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", claims=PHONE)))
    assert arrived(visitor).code


def test_the_person_is_not_asked_about_scopes_that_the_portal_may_not_have(
    app: Flask, visitor: Browser, anne: Account
) -> None:
    """RFC 6749 §3.3: anybody can write words into the address, and the page would show them as the portal's wish"""
    portal = RelyingParty(app, "asks-consent")
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid email call-+41-900-000-000")))
    give_password(visitor, anne)

    assert "your email address" in visitor.page.text
    assert "900" not in visitor.page.text
