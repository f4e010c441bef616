"""`private_key_jwt` (RFC 7523 §2.2): a correct assertion, bent one claim at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp import jose, random_values
from idp.jose import Key
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.tokens import refused

pytestmark = pytest.mark.both_databases

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = jose.generate("ES256", "client-key")
RSA_KEY = jose.generate("RS256", "client-rsa-key")

Ask = Callable[..., TestResponse]


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


@pytest.fixture
def ask(provider: Provider, http: FlaskClient, clock: MovableClock) -> Ask:
    """A client_credentials request with an assertion; claims are changed by name, `None` leaves one out."""
    jwks = {"keys": [KEY.as_dict(private=False), RSA_KEY.as_dict(private=False, alg="PS256")]}
    bend(provider, "machine", token_endpoint_auth_method="private_key_jwt", jwks=jwks, secret_digests=())

    def send(
        *, key: Key = KEY, algorithm: str = "ES256", form: dict[str, str] | None = None, **changes: Any
    ) -> TestResponse:
        return http.post("/token", data={**request(assertion(clock, key, algorithm, **changes)), **(form or {})})

    return send


def assertion(clock: MovableClock, key: Key = KEY, algorithm: str = "ES256", **changes: Any) -> str:
    now = int(clock.now().timestamp())
    correct = {
        "iss": "machine",
        "sub": "machine",
        "aud": "http://localhost",
        "exp": now + 60,
        "iat": now,
        "jti": random_values.token(16),
    }
    claims = {name: value for name, value in {**correct, **changes}.items() if value is not None}
    return jose.sign(claims, key, algorithm, typ="JWT")


def request(signed: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": signed}


def test_a_correct_assertion_is_served(ask: Ask) -> None:
    """OIDC Core §9: private_key_jwt; RFC 7521 §4.2: the client_id may be left out;
    fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint"""
    assert ask().status_code == 200
    assert ask(form={"client_id": "machine"}).status_code == 200


@pytest.mark.parametrize("algorithm", ["PS256"])
def test_ps256_is_accepted(ask: Ask, algorithm: str) -> None:
    """Fault of the library survey: PS256 assertions were a 400."""
    key = jose.read_key({**RSA_KEY.as_dict(private=True), "alg": algorithm})

    assert ask(key=key, algorithm=algorithm).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["http://localhost"]},
        {"aud": "http://localhost/token"},
        {"aud": "http://localhost/par"},
        {"aud": "https://other.example"},
        {"aud": None},
        {"sub": None},
        {"sub": "basic"},
        {"iss": "basic"},
        {"iss": None},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": "now"},
    ],
)
def test_each_claim_must_be_right(ask: Ask, changes: dict[str, Any]) -> None:
    """ensure-client-assertion-wrong-aud, -no-sub-fails, par-test-array-as-audience, -token-endpoint-url-as-audience"""
    refused(ask(**changes), "invalid_client", 401)


@pytest.mark.parametrize(
    ("claim", "seconds", "accepted"),
    [
        ("exp", -300, False),
        ("exp", -29, True),
        ("exp", 300, True),
        ("exp", 400, False),
        ("exp", 315_360_000, False),
        ("nbf", 8, True),
        ("nbf", 61, False),
        ("iat", 8, True),
        ("iat", 61, False),
    ],
)
def test_clocks_may_differ_a_little(ask: Ask, clock: MovableClock, claim: str, seconds: int, accepted: bool) -> None:
    """ensure-client-assertion-with-exp-is-5-minutes-in-past, par-ensure-jwt-client-assertions-nbf-8-seconds/-over-60"""
    response = ask(**{claim: int(clock.now().timestamp()) + seconds})

    assert response.status_code == (200 if accepted else 401)


def test_an_assertion_works_once(http: FlaskClient, ask: Ask, clock: MovableClock) -> None:
    signed = assertion(clock)
    assert http.post("/token", data=request(signed)).status_code == 200

    refused(http.post("/token", data=request(signed)), "invalid_client", 401)


def test_of_eight_parallel_uses_of_an_assertion_one_succeeds(app: Flask, ask: Ask, clock: MovableClock) -> None:
    signed = assertion(clock)

    with ThreadPoolExecutor(8) as threads:
        use = [threads.submit(app.test_client().post, "/token", data=request(signed)) for _ in range(8)]
        statuses = sorted(future.result().status_code for future in use)

    assert statuses == [200] + [401] * 7


def test_a_jti_of_one_client_is_not_spent_for_another(
    provider: Provider, http: FlaskClient, clock: MovableClock
) -> None:
    jwks = {"keys": [KEY.as_dict(private=False)]}
    for client_id in ("machine", "basic"):
        changes: dict[str, Any] = {"grant_types": ("client_credentials",), "jwks": jwks}
        bend(provider, client_id, token_endpoint_auth_method="private_key_jwt", **changes)

        response = http.post("/token", data=request(assertion(clock, iss=client_id, sub=client_id, jti="same")))

        assert response.status_code == 200


def test_another_key_is_refused(ask: Ask) -> None:
    """RFC 7523 §3"""
    refused(ask(key=jose.generate("ES256", "client-key")), "invalid_client", 401)
    refused(ask(key=jose.generate("ES256", "other-key")), "invalid_client", 401)


def test_the_registered_algorithm_is_the_only_one(provider: Provider, ask: Ask) -> None:
    bend(provider, "machine", token_endpoint_auth_signing_alg="PS256")

    refused(ask(), "invalid_client", 401)


def test_a_client_may_be_allowed_to_name_the_token_endpoint(provider: Provider, http: FlaskClient, ask: Ask) -> None:
    """OIDC Core §9: what the Dynamic OP plan sends."""
    token_endpoint = http.get("/.well-known/openid-configuration").get_json()["token_endpoint"]
    bend(provider, "machine", token_endpoint_audience=True)

    assert ask(aud=token_endpoint).status_code == 200
    assert ask().status_code == 200
    refused(ask(aud=[token_endpoint]), "invalid_client", 401)
    refused(ask(aud="http://localhost/par"), "invalid_client", 401)


def test_under_fapi_2_rs256_is_refused(provider: Provider, ask: Ask) -> None:
    """fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails"""
    bend(provider, "machine", profile="fapi2-security", jwks={"keys": [RSA_KEY.as_dict(private=False)]})

    refused(ask(key=RSA_KEY, algorithm="RS256"), "invalid_client", 401)


@pytest.mark.parametrize("signed", ["", "nonsense", "a.b.c", "é.é.é", "e30.e30.", "💥"])
def test_any_other_text_is_no_assertion(http: FlaskClient, ask: Ask, signed: str) -> None:
    refused(http.post("/token", data={**request(signed), "client_id": "machine"}), "invalid_client", 401)


def test_another_type_of_assertion_is_refused(http: FlaskClient, ask: Ask, clock: MovableClock) -> None:
    form = {**request(assertion(clock)), "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2"}

    refused(http.post("/token", data=form), "invalid_client", 401)


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "application/logout+jwt"])
@pytest.mark.usefixtures("ask")
def test_a_token_that_says_it_is_of_another_kind_is_no_assertion(
    http: FlaskClient, clock: MovableClock, typ: str
) -> None:
    """RFC 8725 §3.11"""
    now = int(clock.now().timestamp())
    claims = {
        "iss": "machine",
        "sub": "machine",
        "aud": "http://localhost",
        "exp": now + 60,
        "jti": random_values.token(16),
    }

    refused(http.post("/token", data=request(jose.sign(claims, KEY, "ES256", typ=typ))), "invalid_client", 401)
    good = jose.sign(claims, KEY, "ES256", typ="client-authentication+jwt")
    assert http.post("/token", data=request(good)).status_code == 200


def test_an_assertion_for_another_client_id_is_refused(ask: Ask) -> None:
    """RFC 7521 §4.2: a client_id must be the subject"""
    refused(ask(form={"client_id": "basic"}), "invalid_client", 401)


@pytest.mark.usefixtures("ask")
def test_an_assertion_works_once_where_nothing_else_is_written_too(http: FlaskClient, clock: MovableClock) -> None:
    """RFC 7523 §3, item 7: at the introspection endpoint, also after the token endpoint has seen it"""
    signed = assertion(clock)
    shown = {"client_assertion_type": TYPE, "client_assertion": signed, "token": "unknown"}
    assert http.post("/introspect", data=shown).status_code == 200

    refused(http.post("/introspect", data=shown), "invalid_client", 401)
    refused(http.post("/token", data=request(signed)), "invalid_client", 401)
