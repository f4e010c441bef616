"""Exactly one method per request, the registered one; and no header that fails otherwise than as the RFC says."""

from base64 import b64encode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from idp import jose
from idp.provider import Provider
from tests.support.clients import bend, secret_of
from tests.support.clock import MovableClock
from tests.support.fapi_party import ASSERTION_TYPE
from tests.support.tokens import refused

FORM = {"grant_type": "client_credentials"}


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


def by_header(http: FlaskClient, headers: dict[str, str], **form: str) -> TestResponse:
    return http.post("/token", data={**FORM, **form}, headers=headers)


def test_a_client_with_its_secret_in_the_header_is_served(http: FlaskClient) -> None:
    assert by_header(http, basic("machine", secret_of("machine"))).status_code == 200


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic "])
def test_the_scheme_may_be_written_in_any_case(http: FlaskClient, scheme: str) -> None:
    credentials = basic("machine", secret_of("machine"))["Authorization"].removeprefix("Basic ")

    assert by_header(http, {"Authorization": f"{scheme} {credentials}"}).status_code == 200


def test_both_parts_of_the_header_are_form_encoded(provider: Provider, http: FlaskClient) -> None:
    """RFC 6749 §2.3.1"""
    encoded = basic("%6dachine", secret_of("machine").replace("-", "%2D"))

    assert by_header(http, encoded).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic " + b64encode(b"machine").decode(),
        "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + b64encode(b"machine:%ff").decode(),
        "Basic " + b64encode(b":secret").decode(),
        "Basic " + b64encode('machine:é"\\💥'.encode()).decode(),
        "Basic é",
        "Bearer token",
        "Digest username=machine",
        "",
        "\"'",
        "Basic " + "A" * 40_000,
    ],
)
def test_a_malformed_header_is_an_invalid_client(http: FlaskClient, header: str) -> None:
    """Fault 13 of the library survey."""
    response = http.post("/token", data=FORM, headers={"Authorization": header})

    refused(response, "invalid_client", 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_wrong_secret_in_the_header_is_challenged(http: FlaskClient) -> None:
    """RFC 6749 §5.2: 401 and a challenge of the scheme used"""
    response = by_header(http, basic("machine", "wrong"))

    refused(response, "invalid_client", 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_an_unknown_client_is_answered_like_a_wrong_secret(http: FlaskClient) -> None:
    known, unknown = by_header(http, basic("machine", "wrong")), by_header(http, basic("nobody", "wrong"))

    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)


def test_nobody_is_no_client(http: FlaskClient) -> None:
    refused(http.post("/token", data=FORM), "invalid_client", 401)


@pytest.mark.parametrize(
    "form",
    [
        {"client_secret": secret_of("machine")},
        {"client_secret": secret_of("machine"), "client_id": "machine"},
        {"client_assertion": "a.b.c", "client_assertion_type": "urn:x"},
    ],
)
def test_two_methods_at_once_are_refused(http: FlaskClient, form: dict[str, str]) -> None:
    """RFC 6749 §2.3; fault 12 of the library survey."""
    refused(by_header(http, basic("machine", secret_of("machine")), **form), "invalid_request")


def test_the_body_may_repeat_the_client_but_not_name_another(http: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-client-id-in-token-endpoint; fault 12."""
    credentials = basic("machine", secret_of("machine"))

    assert by_header(http, credentials, client_id="machine").status_code == 200
    refused(by_header(http, credentials, client_id="basic"), "invalid_client", 401)


def test_a_client_uses_only_the_method_it_is_registered_with(http: FlaskClient) -> None:
    """RFC 7591 §2: token_endpoint_auth_method"""
    by_post = http.post("/token", data={**FORM, "client_id": "machine", "client_secret": secret_of("machine")})
    by_nothing = http.post("/token", data={**FORM, "client_id": "machine"})
    post_by_header = by_header(http, basic("post", secret_of("post")))
    public_by_header = by_header(http, basic("public", ""))

    for response in (by_post, by_nothing, post_by_header, public_by_header):
        refused(response, "invalid_client", 401)


def test_a_secret_in_the_body_serves_the_client_registered_for_it(provider: Provider, http: FlaskClient) -> None:
    """oidcc-server-client-secret-post"""
    bend(provider, "post", grant_types=("client_credentials",))

    response = http.post("/token", data={**FORM, "client_id": "post", "client_secret": secret_of("post")})

    assert response.status_code == 200


def test_failures_are_counted_and_then_the_right_secret_waits_too(http: FlaskClient, clock: MovableClock) -> None:
    """RFC 6585 §4: 429 and Retry-After; RFC 6749 §2.3.1: secrets are protected against brute force"""
    for _ in range(60):
        refused(by_header(http, basic("machine", "wrong")), "invalid_client", 401)

    response = by_header(http, basic("machine", "wrong"))

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert by_header(http, basic("machine", secret_of("machine"))).status_code == 429
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    right = basic("machine", secret_of("machine"))
    assert http.post("/token", data=FORM, headers=right, environ_base=elsewhere).status_code == 200
    clock.forward(minutes=6)
    assert by_header(http, basic("machine", secret_of("machine"))).status_code == 200


def test_some_failures_do_not_stop_the_right_secret(http: FlaskClient) -> None:
    for _ in range(59):
        refused(by_header(http, basic("machine", "wrong")), "invalid_client", 401)

    assert by_header(http, basic("machine", secret_of("machine"))).status_code == 200


def test_another_method_than_the_registered_one_is_no_guess(http: FlaskClient) -> None:
    """Programs in Go try the secret in the body after any error: strangers could shut a portal's door by it."""
    in_the_body = {**FORM, "client_id": "machine", "client_secret": secret_of("machine")}
    for _ in range(61):
        refused(http.post("/token", data=in_the_body), "invalid_client", 401)

    assert by_header(http, basic("machine", secret_of("machine"))).status_code == 200


def test_who_signs_does_not_wait_because_others_guessed(provider: Provider, http: FlaskClient) -> None:
    """Nobody guesses a signature: strangers of the same network must not shut the door."""
    key = jose.generate("ES256", "k1")
    keys = {"keys": [key.as_dict(private=False)]}
    bend(provider, "machine", token_endpoint_auth_method="private_key_jwt", secret_digests=(), jwks=keys)
    for _ in range(60):
        refused(by_header(http, basic("machine", "wrong")), "invalid_client", 401)
    now = int(provider.clock.now().timestamp())
    claims = {"iss": "machine", "sub": "machine", "aud": provider.settings.server.issuer, "jti": "j", "exp": now + 60}
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jose.sign(claims, key, "ES256", typ="JWT")}

    assert http.post("/token", data={**FORM, **proof}).status_code == 200


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200))
def test_no_bytes_in_the_header_make_it_fail_otherwise(http: FlaskClient, clock: MovableClock, raw: bytes) -> None:
    clock.forward(minutes=10)

    for value in ("Basic " + b64encode(raw).decode(), raw.decode("latin-1").replace("\r", "").replace("\n", "")):
        response = http.post("/token", data=FORM, environ_overrides={"HTTP_AUTHORIZATION": value})
        assert response.status_code in {400, 401}
        assert response.get_json()["error"] in {"invalid_client", "invalid_request"}
