"""Odd but well-formed parameters, claims and headers at the machines' endpoints: the RFC's refusal, never a 500."""

from base64 import b64encode
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from idp.oidc.token.endpoint import GRANTS
from idp.provider import Provider
from tests.support.clients import bend, secret_of
from tests.support.clock import MovableClock
from tests.support.possession import sign_raw
from tests.support.tokens import TokenClient

often = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
ENDPOINTS = ("/token", "/introspect", "/revoke", "/device_authorization", "/par", "/userinfo")
NAMES = (
    "client_id", "client_secret", "client_assertion", "client_assertion_type", "code", "code_verifier",
    "redirect_uri", "refresh_token", "scope", "resource", "audience", "device_code", "subject_token",
    "subject_token_type", "actor_token", "requested_token_type", "token", "token_type_hint", "access_token",
    "response_type", "max_age", "claims", "prompt", "acr_values", "ui_locales", "login_hint", "id_token_hint",
    "request", "request_uri", "dpop_jkt", "code_challenge", "authorization_details", "registration", "response_mode",
    "display",
)  # fmt: skip
ODD = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
    st.sampled_from([
        "openid", "openid openid offline_access", "public", "basic", "a.b.c", "a.b.c.d.e", "....", "row.", "0", "-1",
        "9" * 10, "9" * 400, "1e400", "true", "null", "[]", "{}", '{"id_token": null}',
        '{"userinfo": {"sub": {"value": 1}}}',
        '{"id_token": {"acr": {"essential": true, "values": {"x": []}}}}', "{" * 3000, "[" * 3000, "\r\nX: y",
        "%00", "%", "urn:ietf:params:oauth:request_uri:", "urn:ietf:params:oauth:token-type:access_token",
        "http://[", "http://127.0.0.1:65536/callback", "com.example.app://[bad/cb", "https://basic.example.ch/callback",
        "é" * 900, "𝄞", "\u2028", "x" * 5000, "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
    ]),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([0, -1, 10**12, 2**62, -(2**62), 1e308, 1e15, 253402300800])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
KEY = ECKey.generate_key("P-256", {"kid": "k", "alg": "ES256"})
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@often
@given(
    path=st.sampled_from(ENDPOINTS),
    grant=st.sampled_from([*GRANTS, "", "password", "urn:x"]),
    parameters=st.dictionaries(st.sampled_from(NAMES), ODD, max_size=6),
    who=st.sampled_from(["basic", "public", "television", "exchange"]),
)
def test_parameters(app: Flask, path: str, grant: str, parameters: dict[str, str], who: str) -> None:
    client = TokenClient(app, who)

    answer = client.post(path, **{"grant_type": grant, **parameters})

    assert answer.status_code in {200, 201, 400, 401, 403, 429}, answer.text


@often
@given(name=ODD, secret=ODD, scheme=st.sampled_from(["Basic", "basic", "Bearer", "DPoP", "Negotiate"]), raw=ODD)
def test_credentials(basic: TokenClient, name: str, secret: str, scheme: str, raw: str) -> None:
    for header in (b64encode(f"{name}:{secret}".encode()).decode(), b64encode(raw.encode()).decode(), "=", "====", "é"):
        headers = {"HTTP_AUTHORIZATION": f"{scheme} {header}"}
        answer = basic.http.post("/token", data={"grant_type": "client_credentials"}, environ_overrides=headers)

        assert answer.status_code in {400, 401, 429}, answer.text


@often
@given(
    claims=st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "client_id"]), JSON),
    header=st.dictionaries(
        st.sampled_from(["alg", "typ", "kid", "crit", "jwk", "b64", "zip", "cty"]), JSON, max_size=3
    ),
)
def test_client_assertions(
    basic: TokenClient, provider: Provider, clock: MovableClock, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    bend(
        provider,
        "basic",
        token_endpoint_auth_method="private_key_jwt",
        secret_digests=(),
        jwks={"keys": [KEY.as_dict(private=False)]},
    )
    now = int(clock.now().timestamp())
    right = {"iss": "basic", "sub": "basic", "aud": "http://localhost", "exp": now + 60, "iat": now, "jti": "1"}
    signed = sign_raw({"alg": "ES256", "kid": "k", **header}, {**right, **claims}, KEY)
    sent = {"client_assertion": signed, "client_assertion_type": JWT_BEARER, "grant_type": "client_credentials"}

    answer = basic.http.post("/token", data=sent)

    assert answer.status_code in {200, 400, 401, 429}, answer.text


@often
@given(
    claims=st.dictionaries(st.sampled_from(["htm", "htu", "iat", "exp", "nbf", "jti", "ath", "nonce"]), JSON),
    header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "jwk", "b64"]), JSON, max_size=2),
)
def test_proofs(basic: TokenClient, clock: MovableClock, claims: dict[str, Any], header: dict[str, Any]) -> None:
    right = {"htm": "POST", "htu": "http://localhost/token", "iat": int(clock.now().timestamp()), "jti": "1"}
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.as_dict(private=False), **header}
    proof = sign_raw(head, {**right, **claims}, KEY)

    answer = basic.post("/token", headers={"DPoP": proof}, grant_type="authorization_code", code="x")

    assert answer.status_code in {400, 401, 429}, answer.text


@often
@given(
    claims=st.dictionaries(
        st.sampled_from(["exp", "nbf", "iat", "iss", "aud", "sub", "max_age", "claims", "resource", "scope"]), JSON
    )
)
def test_pushed_request_objects_of_a_strict_client(
    basic: TokenClient, provider: Provider, clock: MovableClock, claims: dict[str, Any]
) -> None:
    """FAPI 2.0 Message Signing compares the times of an object with each other"""
    bend(provider, "basic", profile="fapi2-message-signing", jwks={"keys": [KEY.as_dict(private=False)]})
    now = int(clock.now().timestamp())
    right = {"iss": "basic", "client_id": "basic", "aud": "http://localhost", "exp": now + 60, "nbf": now}
    signed = sign_raw({"alg": "ES256", "kid": "k"}, {**right, **claims}, KEY)

    answer = basic.post("/par", request=signed, client_secret=None)

    assert answer.status_code in {201, 400, 401, 429}, answer.text
    assert secret_of("basic") not in answer.text
