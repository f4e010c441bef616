"""FAPI 2.0, whole: a client of the Security Profile in each of its three ways, from pushed request to refresh."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp import jose, random_values
from idp.provider import Provider
from tests.support.clients import bend, redirect_uri_of
from tests.support.clock import MovableClock
from tests.support.possession import Certificate, Prover
from tests.support.relying_party import VERIFIER, challenge_of
from tests.support.signed_in import new_person, sign_in
from tests.support.tokens import good, refused

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = jose.generate("PS256", "client-key")
FAPI2: dict[str, Any] = {
    "profile": "fapi2-security",
    "require_pkce": True,
    "require_pushed_authorization_requests": True,
    "id_token_signed_response_alg": "ES256",
    "secret_digests": (),
}


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "server": {
            "trusted_proxies": ("127.0.0.1",),
            "client_certificate_header": "X-Client-Certificate",
            "client_verified_header": "X-Client-Verified",
        }
    }


@dataclass
class Party:
    """Authenticates by `assertion` or certificate, and binds its tokens to `prover`'s key or to the certificate."""

    http: FlaskClient
    clock: MovableClock
    certificate: Certificate
    prover: Prover | None
    assertion: bool
    certified: bool

    def post(self, path: str, *, bound: bool = True, **form: str) -> TestResponse:
        headers = self.certificate.headers("FAILED:self-signed") if self.certified and bound else {}
        if self.prover is not None and bound:
            headers |= self.prover.header(path)
        own = {"client_id": "basic", **(self.signed() if self.assertion else {})}
        return self.http.post(path, data={**own, **form}, headers=headers)

    def signed(self) -> dict[str, str]:
        now = int(self.clock.now().timestamp())
        party = {"iss": "basic", "sub": "basic", "aud": "http://localhost"}
        claims = {**party, "exp": now + 60, "iat": now, "nbf": now, "jti": random_values.token(16)}
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jose.sign(claims, KEY, "PS256", typ="JWT"),
        }

    def code(self, browser: FlaskClient) -> str:
        """Only a client that authenticates by its certificate shows one when it pushes; a proof is not needed there."""
        pushed = self.post(
            "/par",
            bound=not self.assertion,
            response_type="code",
            redirect_uri=redirect_uri_of("basic"),
            scope="openid offline_access",
            code_challenge=challenge_of(VERIFIER),
            code_challenge_method="S256",
        )
        assert pushed.status_code == 201, pushed.text
        sent = {"client_id": "basic", "request_uri": pushed.get_json()["request_uri"]}
        location = browser.get("/authorize", query_string=sent).headers["Location"]
        return location.partition("code=")[2].partition("&")[0]

    def redeem(self, code: str, **changes: Any) -> TestResponse:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri_of("basic")}
        return self.post("/token", **{**form, "code_verifier": VERIFIER, **changes})

    @property
    def refusal_without_possession(self) -> tuple[int, str]:
        """A client whose certificate says who it is, is nobody without; another one is known and may not."""
        return (400, "invalid_request") if self.assertion else (401, "invalid_client")

    def userinfo(self, token: str, *, bound: bool = True) -> TestResponse:
        headers = {"Authorization": f"{'DPoP' if self.prover and bound else 'Bearer'} {token}"}
        if self.prover is not None and bound:
            headers |= self.prover.header("/userinfo", "GET", token=token)
        if self.certified and bound:
            headers |= self.certificate.headers()
        return self.http.get("/userinfo", headers=headers)


def assertion_and_dpop(provider: Provider, app: Flask, clock: MovableClock) -> Party:
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.as_dict(private=False)]}}
    bend(provider, "basic", **FAPI2, **method, dpop_bound_access_tokens=True)
    return Party(app.test_client(), clock, Certificate("c", clock.now()), Prover(clock), True, False)


def assertion_and_certificate(provider: Provider, app: Flask, clock: MovableClock) -> Party:
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.as_dict(private=False)]}}
    bend(provider, "basic", **FAPI2, **method, tls_client_certificate_bound_access_tokens=True)
    return Party(app.test_client(), clock, Certificate("c", clock.now()), None, True, True)


def certificate_and_certificate(provider: Provider, app: Flask, clock: MovableClock) -> Party:
    certificate = Certificate("c", clock.now())
    method = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": certificate.jwks}
    bend(provider, "basic", **FAPI2, **method, tls_client_certificate_bound_access_tokens=True)
    return Party(app.test_client(), clock, certificate, None, False, True)


@pytest.fixture(params=[assertion_and_dpop, assertion_and_certificate, certificate_and_certificate])
def party(request: pytest.FixtureRequest, provider: Provider, app: Flask, clock: MovableClock) -> Party:
    made: Party = request.param(provider, app, clock)
    return made


@pytest.fixture
def browser(app: Flask, provider: Provider) -> FlaskClient:
    found = app.test_client()
    sign_in(provider, found, new_person(provider))
    return found


def test_the_happy_flow(party: Party, browser: FlaskClient, clock: MovableClock) -> None:
    """fapi2-security-profile-final-happy-flow,
    fapi2-security-profile-final-refresh-token: pushed, redeemed, bound, refreshed without rotation"""
    tokens = good(party.redeem(party.code(browser)))

    assert party.userinfo(tokens["access_token"]).status_code == 200
    assert party.userinfo(tokens["access_token"], bound=False).status_code == 401
    clock.forward(minutes=1)
    for _ in range(2):
        again = good(party.post("/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"]))
        assert again["refresh_token"] == tokens["refresh_token"]
    assert party.userinfo(again["access_token"]).status_code == 200


def test_without_the_key_or_certificate_there_are_no_tokens(party: Party, browser: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-holder-of-key-required"""
    response = party.redeem(party.code(browser), bound=False)

    assert (response.status_code, response.get_json()["error"]) == party.refusal_without_possession


def test_without_the_key_or_certificate_nothing_is_refreshed(party: Party, browser: FlaskClient) -> None:
    """fapi2-security-profile-final-refresh-token: without proof of possession"""
    tokens = good(party.redeem(party.code(browser)))

    response = party.post(
        "/token", bound=False, grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid"
    )

    assert (response.status_code, response.get_json()["error"]) == party.refusal_without_possession


def test_another_client_id_is_refused(party: Party, browser: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-client-id-in-token-endpoint"""
    refused(party.redeem(party.code(browser), client_id="post"), "invalid_client", 401)


def test_a_code_is_refused_after_a_minute(party: Party, browser: FlaskClient, clock: MovableClock) -> None:
    """fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code"""
    code = party.code(browser)
    clock.forward(seconds=62)

    refused(party.redeem(code), "invalid_grant")


def test_a_code_used_again_after_a_second_takes_the_tokens_back(
    party: Party, browser: FlaskClient, clock: MovableClock
) -> None:
    """fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second"""
    code = party.code(browser)
    tokens = good(party.redeem(code))
    clock.forward(seconds=1)

    refused(party.redeem(code), "invalid_grant")

    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_the_verifier_is_needed_and_must_fit(party: Party, browser: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-pkce-code-verifier-required,
    fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected"""
    refused(party.redeem(party.code(browser), code_verifier=""), "invalid_grant")
    refused(party.redeem(party.code(browser), code_verifier="w" * 64), "invalid_grant")


def test_a_missing_assertion_is_refused(
    provider: Provider, app: Flask, clock: MovableClock, browser: FlaskClient
) -> None:
    """fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint"""
    party = assertion_and_dpop(provider, app, clock)
    code = party.code(browser)
    party.assertion = False

    refused(party.redeem(code), "invalid_client", 401)
