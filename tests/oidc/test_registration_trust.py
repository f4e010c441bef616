"""A client that registered itself is trusted with nothing (rulings 34)."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp import random_values
from idp.clients.client import Client
from idp.grants import consents
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.relying_party import ABSENT, RelyingParty
from tests.support.signed_in import sign_in

INITIAL = "the-initial-access-token-of-the-test"
REDIRECT = "https://new.example.org/callback"
LOGIN = "https://new.example.org/login"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"registration": {"like": "asks-consent", "initial_access_tokens": [random_values.fingerprint(INITIAL)]}}


@pytest.fixture
def registered(app: Flask, provider: Provider) -> Client:
    """A stranger, as the provider knows it."""
    metadata = {
        "client_name": "e-services CVCI",
        "redirect_uris": [REDIRECT, "https://other.example.net/callback"],
        "initiate_login_uri": LOGIN,
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "tos_uri": "https://new.example.org/terms",
        "scope": "openid email",
    }
    answer = app.test_client().post("/registration", json=metadata, headers={"Authorization": f"Bearer {INITIAL}"})
    assert answer.status_code == 201, answer.text
    found = provider.registry.current().client(answer.get_json()["client_id"])
    assert found is not None
    return found


@pytest.fixture
def stranger(app: Flask, registered: Client) -> RelyingParty:
    return RelyingParty(app, registered.client_id, redirect_uri=REDIRECT, method="none")


def test_it_inherits_no_session_brand_or_freedom(provider: Provider, registered: Client) -> None:
    like = bend(provider, "asks-consent", brand="connect", policy={"consent": "skip", "sso_group": "shared"})

    found = provider.registry.current().client(registered.client_id)

    assert like.sso_group == "shared"
    assert found is not None
    assert found.vetted is False
    assert found.policy.consent == "ask"
    assert found.sso_group == found.client_id
    assert provider.registry.current().brand_of(found).id == "neutral"
    assert found.funds == like.funds


def test_people_are_asked_although_the_template_says_skip(
    provider: Provider, visitor: FlaskClient, person: str, registered: Client, stranger: RelyingParty
) -> None:
    bend(provider, "asks-consent", policy={"consent": "skip"})
    sign_in(provider, visitor, person, registered.client_id)

    assert stranger.authorize(visitor).response.request.path == "/consent"


def test_pages_say_who_registered_it_and_that_nobody_vetted_it(visitor: FlaskClient, stranger: RelyingParty) -> None:
    """Every host that the answer may go to is named: one of them may be borrowed."""
    visitor.get("/", headers={"Accept-Language": "en"})

    page = stranger.authorize(visitor, ui_locales="en").response

    assert page.request.path == "/login"
    assert 'class="notice warning"' in page.text
    assert "new.example.org, other.example.net" in page.text
    assert "registered itself" in page.text


def test_it_leaves_no_link_outside_its_own_request(
    visitor: FlaskClient, registered: Client, stranger: RelyingParty
) -> None:
    visitor.set_cookie("portal", registered.client_id)
    stranger.authorize(visitor)
    portal = urlencode({"portal": registered.client_id})
    addresses = ["/", "/nothing", "/login", f"/login?{portal}", f"/recovery?{portal}", f"/register?{portal}",
                 f"/create-account?{portal}", "/end-session", f"/end-session?client_id={registered.client_id}",
                 "/end-session/done", "/authorize/resume"]  # fmt: skip

    pages = {address: visitor.get(address) for address in addresses}

    for address, page in pages.items():
        assert page.status_code < 500, address
        assert LOGIN not in page.text, address
        assert "new.example.org/terms" not in page.text or "end-session" in address, address
    assert "portal=" not in "".join(pages["/"].headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "none"},
        {"scope": "nonsense"},
        {"code_challenge": ABSENT},
        {"response_type": "token"},
        {"response_mode": "form_post", "prompt": "none"},
        {"response_mode": "jwt", "prompt": "none"},
        {"request": "e30.e30.e30"},
        {"request_uri": "https://new.example.org/request"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_error_before_anybody_decided_stays_here(
    visitor: FlaskClient, stranger: RelyingParty, changes: dict[str, Any], method: str
) -> None:
    """RFC 9700 §4.11.2: nobody is sent to an unvetted address by an address that a stranger made up"""
    asked = {name: value for name, value in {**stranger.request(), **changes}.items() if value is not ABSENT}

    answer = visitor.open("/authorize", method=method, query_string=asked if method == "GET" else None,
                          data=asked if method == "POST" else None, follow_redirects=True)  # fmt: skip

    assert answer.status_code == 400
    assert answer.request.host == "localhost"
    assert f'href="{REDIRECT}' not in answer.text
    assert f'action="{REDIRECT}' not in answer.text


def test_a_person_who_said_no_may_go_back(
    provider: Provider, visitor: FlaskClient, person: str, registered: Client, stranger: RelyingParty
) -> None:
    sign_in(provider, visitor, person, registered.client_id)
    page = stranger.authorize(visitor).response
    sealed = page.request.args["request"]

    refused = visitor.get("/authorize/resume", query_string={"request": sealed, "refused": "yes"})

    assert refused.status_code == 400
    assert f'href="{REDIRECT}?error=access_denied' in refused.text


def test_a_person_who_allows_it_goes_there(
    provider: Provider, visitor: FlaskClient, person: str, registered: Client, stranger: RelyingParty
) -> None:
    sign_in(provider, visitor, person, registered.client_id)
    with provider.database.transaction() as tx:
        consents.grant(tx, person, registered.client_id, registered.scopes)

    assert stranger.authorize(visitor).code


def test_a_portal_s_own_errors_still_go_to_the_portal(visitor: FlaskClient, party: RelyingParty) -> None:
    assert party.authorize(visitor, prompt="none").error == "login_required"


@pytest.mark.parametrize(
    "name",
    ["", " ", "two\nlines", "a\u202eb", "a\u2066b", "a\u200bb", "tab\there", "\u2028", "x" * 101, "\x7f"],
)
def test_a_name_is_one_readable_line(app: Flask, name: str) -> None:
    """RFC 7591 §5: people judge a client by its name"""
    metadata = {"client_name": name, "redirect_uris": [REDIRECT]}

    answer = app.test_client().post("/registration", json=metadata, headers={"Authorization": f"Bearer {INITIAL}"})

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata")


def test_its_own_hint_sends_nobody_away_unasked(
    provider: Provider, app: Flask, visitor: FlaskClient, person: str, registered: Client, stranger: RelyingParty
) -> None:
    """RFC 9700 §4.11.2: whoever registered it has an ID token of its own, and puts it into an address for others"""
    bend(provider, registered.client_id, post_logout_redirect_uris=("https://new.example.org/bye",))
    sign_in(provider, visitor, person, registered.client_id)
    with provider.database.transaction() as tx:
        consents.grant(tx, person, registered.client_id, registered.scopes)
    code = stranger.authorize(visitor).code
    hint = stranger.exchange(code, client_id=registered.client_id).get_json()["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": "https://new.example.org/bye"}

    victim = app.test_client().get("/end-session", query_string=asked)

    assert victim.status_code == 200
    assert victim.request.path == "/end-session"
