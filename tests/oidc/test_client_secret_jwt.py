"""`client_secret_jwt`: the secret never travels, and the same claims are asked for as of a signed assertion."""

import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp import jose, random_values
from idp.provider import Provider
from tests.support.clients import SHARED_SECRET, bend
from tests.support.clock import MovableClock
from tests.support.tokens import refused

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def http(app: Flask, provider: Provider) -> FlaskClient:
    bend(provider, "secret-jwt", grant_types=("client_credentials",))
    return app.test_client(use_cookies=False)


def ask(http: FlaskClient, clock: MovableClock, secret: str = SHARED_SECRET, **changes: Any) -> TestResponse:
    now = int(clock.now().timestamp())
    party = {"iss": "secret-jwt", "sub": "secret-jwt", "aud": "http://localhost"}
    claims = {**party, "exp": now + 60, "iat": now, "jti": random_values.token(16), **changes}
    signed = jose.sign(claims, jose.symmetric_key(secret), "HS256", typ="JWT")
    return http.post(
        "/token",
        data={"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": signed},
    )


def test_an_assertion_with_the_secret_is_served(http: FlaskClient, clock: MovableClock) -> None:
    """OIDC Core §9: client_secret_jwt; §10.1: the secret is the HMAC key"""
    assert ask(http, clock).status_code == 200


def test_another_secret_is_refused(http: FlaskClient, clock: MovableClock) -> None:
    refused(ask(http, clock, "x" * 43), "invalid_client", 401)


def test_an_assertion_works_once(http: FlaskClient, clock: MovableClock) -> None:
    assert ask(http, clock, jti="same").status_code == 200

    refused(ask(http, clock, jti="same"), "invalid_client", 401)


def test_the_claims_must_be_right(http: FlaskClient, clock: MovableClock) -> None:
    refused(ask(http, clock, aud=["http://localhost"]), "invalid_client", 401)
    refused(ask(http, clock, exp=1), "invalid_client", 401)


def test_the_secret_itself_is_not_accepted(http: FlaskClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": "secret-jwt", "client_secret": SHARED_SECRET}

    refused(http.post("/token", data=form), "invalid_client", 401)


def test_a_client_with_a_key_cannot_be_impersonated_with_its_public_key(
    http: FlaskClient, provider: Provider, clock: MovableClock
) -> None:
    """Algorithm confusion: the public key used as an HMAC secret."""
    public = jose.generate("ES256", "k").as_dict(private=False)
    changes: dict[str, Any] = {"secret_env": "", "secret_digests": (), "jwks": {"keys": [public]}}
    bend(provider, "secret-jwt", token_endpoint_auth_method="private_key_jwt", **changes)

    refused(ask(http, clock, str(public["x"]) + str(public["y"])), "invalid_client", 401)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_no_other_algorithm_authenticates_the_secret(http: FlaskClient, clock: MovableClock, algorithm: str) -> None:
    """RFC 8725 §3.1: the one that discovery names; the code itself would fit"""
    now = int(clock.now().timestamp())
    party = {"iss": "secret-jwt", "sub": "secret-jwt", "aud": "http://localhost"}
    claims = {**party, "exp": now + 60, "iat": now, "jti": random_values.token(16)}
    written = ".".join(_part(json.dumps(each).encode()) for each in ({"alg": algorithm, "typ": "JWT"}, claims))
    size = algorithm.removeprefix("HS")
    mac = "" if algorithm == "none" else _part(hmac.digest(SHARED_SECRET.encode(), written.encode(), f"sha{size}"))

    body = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": f"{written}.{mac}"}
    answer = http.post("/token", data=body)

    refused(answer, "invalid_client", 401)


def _part(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
