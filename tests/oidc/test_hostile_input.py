"""Whatever is sent to the protocol's front doors, the answer is a page, a redirect to a registered place, or the RFC's
error: never a 500, never a redirect elsewhere, never a line break in a header."""

import json
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from idp import random_values
from idp.clients.client import Client
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import sign_raw
from tests.support.relying_party import RelyingParty

NAMES = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age",
    "acr_values", "claims", "login_hint", "id_token_hint", "ui_locales", "display", "code_challenge", "dpop_jkt",
    "code_challenge_method", "request", "request_uri", "registration", "resource", "authorization_details", "x\0",
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=50),
    st.sampled_from([
        "", " ", "\r\nSet-Cookie: a=b", "%0d%0a", "a\0b", "é☃𝄞", "'\"><script>", "none", "login", "S256", "code",
        "fragment", "form_post", "jwt", "openid", "basic", "public", "urn:ietf:params:oauth:request_uri:x",
        "http://127.0.0.1:1/callback", "https://basic.example.ch/callback", "{}", "[[[[", '{"id_token": 1}',
        '{"id_token": {"acr": {"essential": true, "values": [1]}}}', '{"id_token": {"sub": {"value": {}}}}', "9" * 30,
        "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30.", "a.b.c.d.e", "x" * 10_000,
    ]),
)  # fmt: skip
KEY = ECKey.generate_key("P-256", {"kid": "k", "alg": "ES256"})
REQUESTS = st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
often = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
INITIAL = "the-initial-access-token-of-the-test"
HOSTS = {"", "basic.example.ch", "127.0.0.1"}


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "registration": {"like": "asks-consent", "initial_access_tokens": [random_values.fingerprint(INITIAL)]},
        "limits": {"registration": {"times": 100_000, "window": 1}},
    }


@pytest.fixture
def registering(visitor: FlaskClient) -> FlaskClient:
    """Somebody who may register clients."""
    visitor.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {INITIAL}"
    return visitor


def assert_calm(response: TestResponse) -> None:
    assert response.status_code < 500, response.text
    assert urlsplit(response.headers.get("Location", "")).hostname in {None, *HOSTS}


@often
@given(changes=REQUESTS)
@example(changes={"client_id": "public", "redirect_uri": "http://127.0.0.1:1/call\r\nback"})
def test_authorization_requests(visitor: FlaskClient, party: RelyingParty, changes: dict[str, str]) -> None:
    request = {**party.request(), **changes}

    assert_calm(visitor.get("/authorize", query_string=request))
    assert_calm(visitor.post("/authorize", data=request))


@often
@given(claims=st.dictionaries(st.sampled_from([*NAMES, "iss", "aud", "exp", "nbf", "iat", "sub"]), JSON, max_size=5))
def test_request_objects(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, clock: MovableClock, claims: dict[str, Any]
) -> None:
    bend(provider, "basic", jwks={"keys": [KEY.as_dict(private=False)]})
    whole = {**party.request(), "aud": "http://localhost", "iss": "basic", **claims}

    signed = sign_raw({"alg": "ES256", "kid": "k"}, whole, KEY)

    assert_calm(visitor.get("/authorize", query_string={**party.request(), "request": signed}))


@often
@given(
    parameters=st.dictionaries(
        st.sampled_from(["id_token_hint", "post_logout_redirect_uri", "state", "client_id", "ui_locales", "request"]),
        TEXTS,
    )
)
def test_logout_requests(visitor: FlaskClient, parameters: dict[str, str]) -> None:
    assert_calm(visitor.get("/end-session", query_string=parameters))
    assert_calm(visitor.post("/end-session", data=parameters))
    assert_calm(visitor.get("/end-session/done", query_string=parameters))


@often
@given(changes=REQUESTS)
def test_pushed_requests(party: RelyingParty, changes: dict[str, str]) -> None:
    assert_calm(party.push(**changes))


@often
@given(typed=TEXTS)
def test_device_pages(visitor: FlaskClient, typed: str) -> None:
    assert_calm(visitor.get("/device", query_string={"user_code": typed}))
    assert_calm(visitor.get("/device/confirm", query_string={"request": typed}))
    assert_calm(visitor.get("/authorize/resume", query_string={"request": typed}))


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "\\udfff\\ud800", "\\u2028"])
def test_odd_escapes_in_json(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, clock: MovableClock, text: str
) -> None:
    bend(provider, "basic", jwks={"keys": [KEY.as_dict(private=False)]})
    claims = f'{{"userinfo": {{"{text}": null}}, "id_token": {{"sub": {{"value": "{text}"}}}}}}'

    assert_calm(visitor.get("/authorize", query_string=party.request(claims=claims)))
    for name in ("state", "nonce", "scope", "redirect_uri", "login_hint"):
        whole = json.dumps({**party.request(prompt="none"), "aud": "http://localhost", name: "ODD"})
        signed = sign_raw({"alg": "ES256", "kid": "k"}, msgspec.Raw(whole.replace("ODD", text).encode()), KEY)
        assert_calm(visitor.get("/authorize", query_string=party.request(request=signed)))


MEMBERS = sorted({field.name for field in msgspec.structs.fields(Client)} | {"client_secret", "x"})
ODD_VALUES = st.sampled_from([
    "none", "private_key_jwt", "native", "com.example.app://[bad/cb", "http://127.0.0.1:65536/cb",
    ["refresh_token"], [["refresh_token"]], {"keys": [{"kty": "RSA", "n": "AQ", "e": "AQ"}]}, {"keys": [1]}, 10**30,
    "com.example.app:/cb", "\0",
    "https://new.example.org/cb", ["https://new.example.org/cb"], ["https://a;b/"], "RSA-OAEP", "ES256", "pairwise",
])  # fmt: skip


@often
@given(metadata=st.dictionaries(st.sampled_from(MEMBERS), JSON | ODD_VALUES | st.lists(ODD_VALUES, max_size=2)))
@example(metadata={"grant_types": 5})
@example(metadata={"token_endpoint_auth_method": []})
@example(metadata={"default_max_age": 10**30})
def test_registration_documents(registering: FlaskClient, metadata: dict[str, Any]) -> None:
    """Whatever a stranger registers, and whatever is asked of what came of it."""
    answer = registering.post("/registration", json={"redirect_uris": ["https://basic.example.ch/cb"], **metadata})
    assert_calm(answer)
    if answer.status_code != 201:
        return
    client = answer.get_json()
    request = {"client_id": client["client_id"], "response_type": "code", "scope": "openid", "code_challenge": "x" * 43,
               "code_challenge_method": "S256"}  # fmt: skip
    for address in client.get("redirect_uris", []):
        assert registering.get("/authorize", query_string={**request, "redirect_uri": address}).status_code < 500
    assert registering.get("/end-session", query_string={"client_id": client["client_id"]}).status_code < 500
