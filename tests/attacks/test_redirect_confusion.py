"""Addresses that look registered to somebody and are not: by every door through which an address comes in.

RFC 9700 §2.1 and §4.1: compared as text, character by character.
"""

import pytest
from flask.testing import FlaskClient

from idp import jose
from idp.jose import Key
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in

KEY: Key = jose.generate("ES256", "party-key")
HOST = "basic.example.ch"

CONFUSING = {
    "escaped letter": f"https://{HOST}/%63allback",
    "escaped slash": f"https://{HOST}%2Fcallback",
    "escaped dot": "https://basic%2Eexample.ch/callback",
    "double escape": f"https://{HOST}/%2563allback",
    "escaped NUL": f"https://{HOST}/callback%00",
    "escaped line break": f"https://{HOST}/callback%0d%0aSet-Cookie:x=y",
    "upper-case path": f"https://{HOST}/Callback",
    "upper-case scheme": f"HTTPS://{HOST}/callback",
    "upper-case host": "https://Basic.example.ch/callback",
    "final slash": f"https://{HOST}/callback/",
    "parent folder": f"https://{HOST}/callback/../evil",
    "dot segments to itself": f"https://{HOST}/./callback",
    "double slash": f"https://{HOST}//callback",
    "path parameter": f"https://{HOST}/callback;evil",
    "backslash": f"https://{HOST}\\callback",
    "user": f"https://{HOST}@evil.example/callback",
    "password": f"https://{HOST}:443@evil.example/callback",
    "escaped at": f"https://{HOST}%40evil.example/callback",
    "backslash before at": f"https://{HOST}\\@evil.example/callback",
    "user of the registered host": f"https://evil@{HOST}/callback",
    "usual port": f"https://{HOST}:443/callback",
    "other port": f"https://{HOST}:8443/callback",
    "empty port": f"https://{HOST}:/callback",
    "fragment": f"https://{HOST}/callback#x",
    "empty fragment": f"https://{HOST}/callback#",
    "empty query": f"https://{HOST}/callback?",
    "own query": f"https://{HOST}/callback?code=stolen",
    "query and more": f"https://{HOST}/callback?with=query&more",
    "subdomain": f"https://evil.{HOST}/callback",
    "suffix": f"https://{HOST}.evil.example/callback",
    "final dot of the host": f"https://{HOST}./callback",
    "look-alike letter": "https://bаsic.example.ch/callback",
    "full-width dot": "https://basic。example.ch/callback",
    "other scheme": f"http://{HOST}/callback",
    "no scheme": f"//{HOST}/callback",
    "relative": "/callback",
    "tab": f"https://{HOST}/call\tback",
    "line break": f"https://{HOST}/callback\r\nX: y",
    "blank before": f" https://{HOST}/callback",
    "blank after": f"https://{HOST}/callback ",
    "script": "javascript:alert(1)//https://basic.example.ch/callback",
    "document": "data:text/html,<script>alert(1)</script>",
    "long": f"https://{HOST}/callback" + "/x" * 3000,
    "two in one": f"https://{HOST}/callback,https://evil.example/",
}
BACK = "https://basic.example.ch/"
CONFUSING_BACK = {name: address.replace("/callback", "/") for name, address in CONFUSING.items()}


@pytest.fixture
def signed_in(visitor: FlaskClient, provider: Provider, person: str) -> FlaskClient:
    sign_in(provider, visitor, person)
    return visitor


def test_no_code_and_no_error_goes_there(signed_in: FlaskClient, party: RelyingParty) -> None:
    for name, address in CONFUSING.items():
        asked = party.authorize(signed_in, redirect_uri=address)
        failed = party.authorize(signed_in, redirect_uri=address, scope="nonsense")

        assert {asked.mode, failed.mode} == {"page"}, name
        assert {asked.response.status_code, failed.response.status_code} == {400}, name


def test_it_cannot_be_pushed(party: RelyingParty) -> None:
    for name, address in CONFUSING.items():
        response = party.push(redirect_uri=address)

        assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request"), name


def test_a_signature_does_not_make_it_registered(
    signed_in: FlaskClient, party: RelyingParty, provider: Provider, clock: MovableClock
) -> None:
    bend(provider, "basic", jwks={"keys": [KEY.as_dict(private=False)]})
    now = clock.now().timestamp()

    assert party.authorize(signed_in, request=party.request_object(KEY, now)).code
    for name, address in CONFUSING.items():
        signed = party.request_object(KEY, now, redirect_uri=address)
        assert party.authorize(signed_in, request=signed).mode == "page", name


def test_a_code_is_not_redeemed_with_it(signed_in: FlaskClient, party: RelyingParty) -> None:
    for name, address in CONFUSING.items():
        answer = party.exchange(party.authorize(signed_in).code, redirect_uri=address)

        assert answer.get_json()["error"] in {"invalid_grant", "invalid_request"}, name


def test_logging_out_does_not_lead_there(signed_in: FlaskClient, party: RelyingParty) -> None:
    """RFC 9700 §4.11.2: this provider is no open redirector"""
    hint = party.redeem(party.authorize(signed_in))["id_token"]

    for name, address in CONFUSING_BACK.items():
        page = party.log_out(signed_in, id_token_hint=hint, post_logout_redirect_uri=address)

        assert (page.status_code, page.headers.get("Location")) == (200, None), name
