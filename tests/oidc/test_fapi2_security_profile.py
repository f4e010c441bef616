"""The FAPI 2.0 Security Profile from the front: what a correct client sees, and what it must not get away with."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp import jose
from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.fapi_party import FapiParty, MessageSigningParty
from tests.support.possession import Prover, sign_raw
from tests.support.relying_party import ABSENT, VERIFIER
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture(params=[False, True], ids=["security profile", "message signing"])
def fapi(request: pytest.FixtureRequest, app: Flask, clock: MovableClock) -> FapiParty:
    """Its plain requests and answers, or signed ones: the modules of this file stand in both plans."""
    return MessageSigningParty(app, clock, jarm=True) if request.param else FapiParty(app, clock)


@pytest.fixture
def signed_in(visitor: FlaskClient, provider: Provider, person: str) -> FlaskClient:
    sign_in(provider, visitor, person)
    return visitor


def error_of(response: Any) -> str:
    assert response.status_code in {400, 401}, response.text
    return str(response.get_json()["error"])


def test_the_happy_flow(fapi: FapiParty, signed_in: FlaskClient, person: str) -> None:
    """fapi2-security-profile-final-happy-flow, message-signing/fapi2-security-profile-final-happy-flow"""
    tokens = fapi.redeem(fapi.authorize_pushed(signed_in))

    assert tokens["token_type"] == "DPoP"
    assert tokens["claims"]["sub"] == person
    assert fapi.userinfo(tokens["access_token"]).get_json()["sub"] == person


def test_discovery_says_what_the_profile_asks(fapi: FapiParty) -> None:
    """fapi2-security-profile-final-discovery-end-point-verification,
    message-signing/fapi2-security-profile-final-discovery-end-point-verification"""
    metadata = fapi.metadata

    assert metadata["pushed_authorization_request_endpoint"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert "private_key_jwt" in metadata["token_endpoint_auth_methods_supported"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert {"ES256", "PS256"} <= set(metadata["dpop_signing_alg_values_supported"])


@pytest.mark.parametrize(
    ("changes", "back"),
    [
        ({"nonce": ABSENT}, {"nonce": None}),
        ({"nonce": "n" * 64}, {"nonce": "n" * 64}),
        ({"nonce": "n" * 384}, {"nonce": "n" * 384}),
        ({"scope": "email openid"}, {}),
    ],
)
def test_nonces_come_back_intact_and_the_order_of_scopes_is_free(
    fapi: FapiParty, signed_in: FlaskClient, changes: dict[str, str | None], back: dict[str, str | None]
) -> None:
    """fapi2-security-profile-final-ensure-authorization-request-without-nonce-success,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-without-nonce-success,
    fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success,
    fapi2-security-profile-final-ensure-authorization-request-with-long-nonce,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-with-long-nonce,
    fapi2-security-profile-final-ensure-other-scope-order-succeeds,
    message-signing/fapi2-security-profile-final-ensure-other-scope-order-succeeds"""
    fapi.nonce = changes.get("nonce", fapi.nonce) or fapi.nonce

    claims = fapi.redeem(fapi.authorize_pushed(signed_in, **changes))["claims"]

    assert {name: claims.get(name) for name in back} == back


def test_a_long_state_comes_back_intact(fapi: FapiParty, signed_in: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-authorization-request-with-long-state,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-with-long-state"""
    assert fapi.authorize_pushed(signed_in, state="s" * 384).parameters["state"] == "s" * 384


def test_every_claim_that_is_asked_for_is_given(fapi: FapiParty, signed_in: FlaskClient) -> None:
    """fapi2-security-profile-final-test-claims-parameter-identity-claims,
    message-signing/fapi2-security-profile-final-test-claims-parameter-identity-claims"""
    asked = {"given_name": {"essential": True}, "email": None, "zoneinfo": None, "unknown": None}

    answer = fapi.authorize_pushed(signed_in, claims=json.dumps({"userinfo": asked, "id_token": asked}))
    tokens = fapi.redeem(answer)

    known = {"given_name": "Anna", "email": "anna@example.ch", "zoneinfo": "Europe/Zurich"}
    assert known.items() <= fapi.userinfo(tokens["access_token"]).get_json().items()
    assert known.items() <= tokens["claims"].items()
    assert "unknown" not in tokens["claims"]


@pytest.mark.parametrize("scheme", ["dpop", "DPOP", "DPoP"])
def test_the_scheme_may_be_written_in_any_case(fapi: FapiParty, signed_in: FlaskClient, scheme: str) -> None:
    """fapi2-security-profile-final-access-token-type-header-case-sensitivity,
    message-signing/fapi2-security-profile-final-access-token-type-header-case-sensitivity"""
    tokens = fapi.redeem(fapi.authorize_pushed(signed_in))

    assert fapi.userinfo(tokens["access_token"], scheme).status_code == 200


# The request


def test_the_redirect_address_must_be_pushed(fapi: FapiParty) -> None:
    """FAPI 2.0 Security Profile §5.3.2.2; fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request,
    message-signing/fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request"""
    assert error_of(fapi.push(redirect_uri=ABSENT)) == "invalid_request"


def test_the_redirect_address_must_be_https(app: Flask, clock: MovableClock) -> None:
    """FAPI 2.0 Security Profile §5.3.2.2: no answer travels over plain http"""
    plain = "http://127.0.0.1/callback"
    party = FapiParty(app, clock, redirect_uris=(plain,))

    assert error_of(party.push(redirect_uri=plain)) == "invalid_request"


def test_the_code_is_bound_to_the_key_of_the_pushed_request(
    fapi: FapiParty, signed_in: FlaskClient, clock: MovableClock
) -> None:
    """fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success,
    message-signing/fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success,
    fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt,
    message-signing/fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt"""
    answer = fapi.authorize_pushed(signed_in)

    fapi.prover = Prover(clock)

    assert error_of(fapi.exchange(answer.code)) == "invalid_grant"


def test_the_code_is_bound_to_the_named_key(fapi: FapiParty, signed_in: FlaskClient, clock: MovableClock) -> None:
    """fapi2-security-profile-final-ensure-dpop-auth-code-binding-success,
    message-signing/fapi2-security-profile-final-ensure-dpop-auth-code-binding-success,
    fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt,
    message-signing/fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt"""
    right = fapi.send("pushed_authorization_request_endpoint", proof="", **fapi.form_to_push(dpop_jkt=fapi.prover.jkt))
    wrong = fapi.send(
        "pushed_authorization_request_endpoint", proof="", **fapi.form_to_push(dpop_jkt=Prover(clock).jkt)
    )

    with_right = fapi.visit(signed_in, right.get_json()["request_uri"])
    with_wrong = fapi.visit(signed_in, wrong.get_json()["request_uri"])

    assert fapi.exchange(with_right.code).status_code == 200
    assert error_of(fapi.exchange(with_wrong.code)) == "invalid_grant"


def test_a_named_key_and_a_proof_must_agree(fapi: FapiParty, clock: MovableClock) -> None:
    """fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails,
    message-signing/fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails"""
    assert error_of(fapi.push(dpop_jkt=Prover(clock).jkt)) in {"invalid_request", "invalid_dpop_proof"}


# The client and the code


def test_without_a_proof_there_are_no_tokens(fapi: FapiParty, signed_in: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-holder-of-key-required,
    message-signing/fapi2-security-profile-final-ensure-holder-of-key-required"""
    answer = fapi.authorize_pushed(signed_in)
    form = {"grant_type": "authorization_code", "code": answer.code, "redirect_uri": fapi.redirect_uri}

    refused = fapi.send("token_endpoint", proof="", code_verifier=VERIFIER, **form)

    assert error_of(refused) in {"invalid_request", "invalid_dpop_proof"}


def test_without_an_assertion_there_are_no_tokens(fapi: FapiParty, signed_in: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint,
    message-signing/fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint"""
    answer = fapi.authorize_pushed(signed_in)
    form = {"grant_type": "authorization_code", "code": answer.code, "redirect_uri": fapi.redirect_uri}

    refused = fapi.send("token_endpoint", assertion="", code_verifier=VERIFIER, **form)

    assert error_of(refused) in {"invalid_client", "invalid_request"}


def test_the_client_id_must_be_the_one_that_authenticates(fapi: FapiParty, signed_in: FlaskClient) -> None:
    """fapi2-security-profile-final-ensure-client-id-in-token-endpoint,
    message-signing/fapi2-security-profile-final-ensure-client-id-in-token-endpoint"""
    answer = fapi.authorize_pushed(signed_in)

    assert error_of(fapi.exchange(answer.code, client_id="post")) in {"invalid_client", "invalid_request"}


def test_a_code_is_good_for_its_client_only(
    app: Flask, fapi: FapiParty, signed_in: FlaskClient, clock: MovableClock
) -> None:
    """fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client,
    message-signing/fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client"""
    answer = fapi.authorize_pushed(signed_in)
    other = FapiParty(app, clock, "post")

    assert error_of(other.exchange(answer.code, redirect_uri=fapi.redirect_uri)) == "invalid_grant"


def test_a_refresh_token_is_good_for_its_client_only_and_with_any_key_of_it(
    app: Flask, fapi: FapiParty, signed_in: FlaskClient, clock: MovableClock
) -> None:
    """fapi2-security-profile-final-refresh-token, message-signing/fapi2-security-profile-final-refresh-token"""
    tokens = fapi.redeem(fapi.authorize_pushed(signed_in, scope="openid offline_access"))
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    clock.forward(seconds=1)

    fapi.prover = Prover(clock)
    refreshed = fapi.token_request(**form, scope="openid offline_access").get_json()
    claims = fapi.verified(refreshed["id_token"])

    same = {"iss", "sub", "aud", "auth_time"}
    assert {name: claims[name] for name in same} == {name: tokens["claims"][name] for name in same}
    assert claims["iat"] > tokens["claims"]["iat"]
    assert refreshed["token_type"] == "DPoP"
    assert fapi.userinfo(refreshed["access_token"]).status_code == 200
    assert error_of(FapiParty(app, clock, "post").token_request(**form)) == "invalid_grant"


def test_a_code_is_good_once(fapi: FapiParty, signed_in: FlaskClient, clock: MovableClock) -> None:
    """fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second,
    message-signing/fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second"""
    answer = fapi.authorize_pushed(signed_in)
    tokens = fapi.redeem(answer)

    clock.forward(seconds=1)

    assert error_of(fapi.exchange(answer.code)) == "invalid_grant"
    assert fapi.userinfo(tokens["access_token"]).status_code == 401


def test_a_code_is_good_for_a_minute(fapi: FapiParty, signed_in: FlaskClient, clock: MovableClock) -> None:
    """fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code,
    message-signing/fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code"""
    answer = fapi.authorize_pushed(signed_in)

    clock.forward(seconds=62)

    assert error_of(fapi.exchange(answer.code)) == "invalid_grant"


@pytest.mark.parametrize("verifier", [ABSENT, "w" * 64])
def test_a_code_needs_its_verifier(fapi: FapiParty, signed_in: FlaskClient, verifier: str | None) -> None:
    """fapi2-security-profile-final-ensure-pkce-code-verifier-required,
    message-signing/fapi2-security-profile-final-ensure-pkce-code-verifier-required,
    fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected,
    message-signing/fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected"""
    answer = fapi.authorize_pushed(signed_in)

    assert error_of(fapi.exchange(answer.code, code_verifier=verifier)) in {"invalid_grant", "invalid_request"}


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["http://localhost"]},
        {"aud": "http://localhost/par"},
        {"aud": "http://localhost/token"},
        {"aud": "https://elsewhere.example"},
        {"sub": None},
        {"exp": 1},
        {"nbf": 70},
    ],
)
def test_an_assertion_that_will_not_do_is_refused_at_the_pushed_request_endpoint(
    fapi: FapiParty, clock: MovableClock, changes: dict[str, Any]
) -> None:
    """FAPI 2.0 Security Profile §5.3.2.1: aud is the issuer as a single string, nothing is valid from more than a
    minute on; fapi2-security-profile-final-par-test-array-as-audience-fails,
    message-signing/fapi2-security-profile-final-par-test-array-as-audience-fails,
    fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails,
    message-signing/fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails,
    fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails,
    message-signing/fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails,
    fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails,
    message-signing/fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails,
    fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails,
    message-signing/fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails,
    fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails,
    message-signing/fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails,
    fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails,
    message-signing/fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails"""
    if "nbf" in changes:
        changes = {"nbf": int(clock.now().timestamp()) + changes["nbf"]}

    refused = fapi.send(
        "pushed_authorization_request_endpoint", assertion=fapi.assertion(**changes), **fapi.form_to_push()
    )

    assert error_of(refused) == "invalid_client"


def test_an_assertion_is_not_signed_with_rs256(fapi: FapiParty, signed_in: FlaskClient) -> None:
    """FAPI 2.0 Security Profile §5.4.1; fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails,
    message-signing/fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails"""
    rsa = jose.generate("PS256", "rsa-client-key")
    any_algorithm = {name: value for name, value in rsa.as_dict(private=False).items() if name != "alg"}
    fapi.register(jwks={"keys": [fapi.key.as_dict(private=False), any_algorithm]})
    form = {"grant_type": "authorization_code", "redirect_uri": fapi.redirect_uri, "code_verifier": VERIFIER}
    code = fapi.authorize_pushed(signed_in).code
    claims = [jose.unverified(fapi.assertion()).claims for _ in range(2)]
    rs256, ps256 = (
        sign_raw({"alg": algorithm, "kid": rsa.kid}, written, rsa)
        for algorithm, written in zip(("RS256", "PS256"), claims, strict=True)
    )

    assert error_of(fapi.send("token_endpoint", assertion=rs256, code=code, **form)) == "invalid_client"
    assert fapi.send("token_endpoint", assertion=ps256, code=code, **form).status_code == 200


def test_clocks_may_differ_a_little(fapi: FapiParty, clock: MovableClock) -> None:
    """fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted,
    message-signing/fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted"""
    early = int(clock.now().timestamp()) + 8

    accepted = fapi.send(
        "pushed_authorization_request_endpoint", assertion=fapi.assertion(nbf=early), **fapi.form_to_push()
    )

    assert accepted.status_code == 201


@pytest.mark.parametrize("seconds", [-10, 10])
def test_a_proof_may_be_a_little_early_or_late(
    fapi: FapiParty, signed_in: FlaskClient, clock: MovableClock, seconds: int
) -> None:
    """fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds,
    message-signing/fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds,
    fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds,
    message-signing/fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds"""
    moved = int(clock.now().timestamp()) + seconds
    at_par = fapi.prover.proof("/par", iat=moved)

    pushed = fapi.send("pushed_authorization_request_endpoint", proof=at_par, **fapi.form_to_push())
    code = fapi.visit(signed_in, pushed.get_json()["request_uri"]).code
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": fapi.redirect_uri}
    at_token = fapi.prover.proof("/token", iat=moved)

    assert fapi.send("token_endpoint", proof=at_token, code_verifier=VERIFIER, **form).status_code == 200


def test_the_resource_of_conformance_runs_exists_nowhere_else(visitor: FlaskClient) -> None:
    assert visitor.get("/resource").status_code == 404
