"""FAPI 2.0 Message Signing from the front: pushed request objects (JAR), with signed answers (JARM) and without."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws
from werkzeug.test import TestResponse

from idp import jose
from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.fapi_party import MessageSigningParty
from tests.support.possession import Certificate, sign_raw
from tests.support.relying_party import ABSENT, LONG_STATE, VERIFIER, RelyingParty
from tests.support.signed_in import sign_in

OTHER_KEY = jose.generate("ES256", "of-the-second-client")
RSA_KEY = jose.generate("PS256", "rsa-client-key")


@pytest.fixture
def overrides() -> dict[str, Any]:
    """A proxy says which certificate was shown."""
    names = {"client_certificate_header": "X-Client-Certificate", "client_verified_header": "X-Client-Verified"}
    return {"server": {"trusted_proxies": ("127.0.0.1",), **names}}


@pytest.fixture(params=[False, True], ids=["plain_response", "jarm"])
def signing(request: pytest.FixtureRequest, app: Flask, clock: MovableClock) -> MessageSigningParty:
    """The client, in both response modes of the plan."""
    return MessageSigningParty(app, clock, jarm=request.param)


@pytest.fixture
def strict(app: Flask, clock: MovableClock) -> MessageSigningParty:
    """The client, where nothing comes so far as to be answered by redirect."""
    return MessageSigningParty(app, clock, jarm=True)


@pytest.fixture
def signed_in(visitor: FlaskClient, provider: Provider, person: str) -> FlaskClient:
    sign_in(provider, visitor, person)
    return visitor


def assert_refused(response: TestResponse, error: str = "invalid_request_object") -> None:
    assert (response.status_code, response.get_json()["error"]) == (400, error)


# Well-behaved clients


def test_the_happy_flow(signing: MessageSigningParty, signed_in: FlaskClient, person: str) -> None:
    """FAPI 2.0 Message Signing §5.3.1, §5.4.1; message-signing/fapi2-security-profile-final-happy-flow (JAR; JARM)"""
    answer = signing.authorize_pushed(signed_in)
    tokens = signing.redeem(answer)

    assert answer.parameters == {"code": answer.code, "state": LONG_STATE, "iss": "http://localhost"}
    assert ("response=" in answer.response.headers["Location"]) is signing.jarm
    assert signing.userinfo(tokens["access_token"]).get_json()["sub"] == person


def test_a_second_client_has_a_query_in_its_address_and_names_its_key(
    app: Flask, clock: MovableClock, signed_in: FlaskClient
) -> None:
    """message-signing/fapi2-security-profile-final-happy-flow: the second client; RFC 9449 §10.1: dpop_jkt alone"""
    address = "https://basic.example.ch/callback?dummy1=lorem&dummy2=ipsum"
    second = MessageSigningParty(app, clock, jarm=True, redirect_uris=(address,))
    second.redirect_uri, second.nonce = address, "n" * 43
    signed = second.object_of(dpop_jkt=second.prover.jkt)

    pushed = second.push_object(signed, client_id=ABSENT)
    address_visited = {"client_id": "basic", "request_uri": pushed.get_json()["request_uri"], "response_type": "code"}
    location = signed_in.get("/authorize", query_string=address_visited).headers["Location"]

    base, _, response = location.partition("&response=")
    assert base == address
    assert "&" not in response
    code = second.verified(response)["code"]
    assert second.verified(second.exchange(code).get_json()["id_token"])["nonce"] == "n" * 43


def test_a_signed_answer_names_issuer_client_and_end(
    strict: MessageSigningParty, signed_in: FlaskClient, clock: MovableClock
) -> None:
    """JARM §2.1: iss, aud, exp of less than ten minutes; FAPI 2.0 Security Profile §5.4.1: not RS256"""
    pushed = strict.push().get_json()["request_uri"]
    location = signed_in.get("/authorize", query_string={"client_id": "basic", "request_uri": pushed})

    token = location.headers["Location"].partition("?response=")[2]
    header, claims = jws.extract_compact(token.encode()).headers(), strict.verified(token)
    kids = {key["kid"] for key in strict.server.get("/jwks.json").get_json()["keys"]}
    assert header["alg"] == "ES256"
    assert header["kid"] in kids
    assert claims.keys() == {"iss", "aud", "exp", "code", "state"}
    assert (claims["iss"], claims["aud"]) == ("http://localhost", "basic")
    assert 10 < claims["exp"] - clock.now().timestamp() <= 600


@pytest.mark.parametrize(
    ("changes", "back"),
    [
        ({"state": ABSENT}, {}),
        ({"nonce": ABSENT}, {}),
        ({"nonce": "n" * 64}, {"nonce": "n" * 64}),
        ({"nonce": "n" * 384}, {"nonce": "n" * 384}),
        ({"state": "s" * 384}, {"state": "s" * 384}),
        ({"scope": "email openid"}, {}),
    ],
)
def test_what_was_signed_comes_back_intact(
    signing: MessageSigningParty, signed_in: FlaskClient, changes: dict[str, Any], back: dict[str, str]
) -> None:
    """message-signing/fapi2-security-profile-final-ensure-authorization-request-without-state-success,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-without-nonce-success,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-with-long-nonce,
    message-signing/fapi2-security-profile-final-ensure-authorization-request-with-long-state,
    message-signing/fapi2-security-profile-final-ensure-other-scope-order-succeeds"""
    answer = signing.authorize_pushed(signed_in, **changes)
    claims = signing.verified(signing.exchange(answer.code).get_json()["id_token"])

    assert answer.parameters.get("state") == (back.get("state", ABSENT) if "state" in changes else LONG_STATE)
    assert claims.get("nonce") == (back.get("nonce", ABSENT) if "nonce" in changes else signing.nonce)
    assert "s_hash" not in claims


def test_what_stands_outside_the_object_is_not_used(signing: MessageSigningParty, signed_in: FlaskClient) -> None:
    """RFC 9101 §5;
    message-signing/fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object,
    message-signing/fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object,
    message-signing/fapi2-security-profile-final-state-only-outside-request-object-not-used"""
    stateless = signing.push_object(signing.object_of(state=ABSENT), state="outside the object").get_json()
    different = signing.push().get_json()

    without = signing.visit(signed_in, stateless["request_uri"], state="in the address")
    inside = signing.visit(signed_in, different["request_uri"], state="in the address", nonce="in the address")

    assert without.code
    assert "state" not in without.parameters
    assert inside.parameters["state"] == LONG_STATE
    assert signing.redeem(inside)["claims"]["nonce"] == signing.nonce


def test_several_audiences_may_be_named(signing: MessageSigningParty, signed_in: FlaskClient) -> None:
    """RFC 7519 §4.1.3; message-signing/fapi2-security-profile-final-ensure-request-object-with-multiple-aud-succeeds"""
    aud = ["http://localhost", "https://other1.example.com", "invalid"]

    assert signing.redeem(signing.authorize_pushed(signed_in, aud=aud))["access_token"]


def test_clocks_may_differ_by_eight_seconds(signing: MessageSigningParty, signed_in: FlaskClient) -> None:
    """message-signing/fapi2-security-profile-final-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted"""
    assert signing.redeem(signing.authorize_pushed(signed_in, nbf=8))["access_token"]


@pytest.mark.parametrize("typ", ["JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"])
def test_the_type_of_the_object_may_be_written_as_clients_do(strict: MessageSigningParty, typ: str) -> None:
    """RFC 9101 §10.8"""
    assert strict.push(header={"typ": typ}).status_code == 201


# Request objects that will not do


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": ABSENT},
        {"nbf": ABSENT},
        {"exp": -300},
        {"aud": "https://www.other1.example.com/"},
        {"exp": 70 * 60},
        {"nbf": -70 * 60},
        {"request_uri": "urn:ietf:params:oauth:request_uri:another"},
    ],
)
def test_an_object_that_says_something_wrong_is_refused(strict: MessageSigningParty, changes: dict[str, Any]) -> None:
    """FAPI 2.0 Message Signing §5.3.1: exp and nbf, an hour apart and an hour old at most; RFC 9126 §2.1;
    message-signing/fapi2-security-profile-final-ensure-request-object-without-exp-fails,
    message-signing/fapi2-security-profile-final-ensure-request-object-without-nbf-fails,
    message-signing/fapi2-security-profile-final-ensure-expired-request-object-fails,
    message-signing/fapi2-security-profile-final-ensure-request-object-with-bad-aud-fails,
    message-signing/fapi2-security-profile-final-ensure-request-object-with-exp-over-60-fails,
    message-signing/fapi2-security-profile-final-ensure-request-object-with-nbf-over-60-fails,
    message-signing/fapi2-security-profile-final-par-authorization-request-containing-request_uri"""
    assert_refused(strict.push(**changes))


def test_an_object_that_is_not_signed_is_refused(strict: MessageSigningParty) -> None:
    """RFC 9101 §6.2;
    message-signing/fapi2-security-profile-final-ensure-request-object-signature-algorithm-is-not-none"""
    unsigned = "eyJhbGciOiJub25lIn0." + strict.object_of().split(".")[1] + "."

    assert_refused(strict.push_object(unsigned))


def test_an_object_whose_signature_was_changed_is_refused(strict: MessageSigningParty) -> None:
    """message-signing/fapi2-security-profile-final-ensure-request-object-with-invalid-signature-fails"""
    header, claims, signature = strict.object_of().split(".")
    changed = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]

    assert_refused(strict.push_object(f"{header}.{claims}.{changed}"))


@pytest.mark.parametrize("kid", ["of-the-second-client", "fapi-client-key"])
def test_an_object_signed_by_another_client_is_refused(
    strict: MessageSigningParty, clock: MovableClock, kid: str
) -> None:
    """message-signing/fapi2-security-profile-final-ensure-matching-key-in-authorization-request"""
    now = clock.now().timestamp()

    assert_refused(strict.push_object(strict.request_object(OTHER_KEY, now, header={"kid": kid})))


def test_rs256_is_refused_also_by_the_right_key(app: Flask, clock: MovableClock) -> None:
    """FAPI 2.0 Security Profile §5.4.1;
    message-signing/fapi2-security-profile-final-ensure-signed-request-object-with-RS256-fails"""
    party = MessageSigningParty(app, clock, jarm=True)
    any_algorithm = {name: value for name, value in RSA_KEY.as_dict(private=False).items() if name != "alg"}
    party.register(jwks={"keys": [party.key.as_dict(private=False), any_algorithm]})
    good = jose.unverified(party.object_of())

    for algorithm, status in (("PS256", 201), ("RS256", 400)):
        header = {"alg": algorithm, "kid": "rsa-client-key", "typ": "JWT"}
        pushed = party.push_object(sign_raw(header, good.claims, RSA_KEY))
        assert pushed.status_code == status, pushed.text
    assert_refused(pushed)


def test_an_unsigned_request_is_refused_where_it_must_be_signed(strict: MessageSigningParty) -> None:
    """message-signing/fapi2-security-profile-final-ensure-unsigned-request-at-par-endpoint-fails"""
    assert_refused(strict.send("pushed_authorization_request_endpoint", **strict.request()), "invalid_request")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": ABSENT},
        {"redirect_uri": "https://basic.example.ch/callback/unregistered"},
        {"code_challenge": ABSENT, "code_challenge_method": ABSENT},
        {"code_challenge": "v" * 64, "code_challenge_method": "plain"},
    ],
)
def test_what_the_security_profile_wants_is_wanted_inside_the_object(
    strict: MessageSigningParty, changes: dict[str, Any]
) -> None:
    """message-signing/fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails,
    message-signing/fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request,
    message-signing/fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri,
    message-signing/fapi2-security-profile-final-par-ensure-pkce-required,
    message-signing/fapi2-security-profile-final-par-plain-pkce-rejected"""
    assert_refused(strict.push(**changes), "invalid_request")


@pytest.mark.parametrize("response_type", ["code id_token", "token"])
def test_only_codes_are_given(strict: MessageSigningParty, response_type: str) -> None:
    """message-signing/fapi2-security-profile-final-ensure-response-type-code-idtoken-fails,
    message-signing/fapi2-security-profile-final-ensure-response-type-token-fails"""
    assert_refused(strict.push(response_type=response_type), "unsupported_response_type")


def test_a_request_uri_beside_the_object_is_refused(strict: MessageSigningParty) -> None:
    """message-signing/fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param"""
    assert_refused(strict.push_object(strict.object_of(), request_uri="urn:another"), "invalid_request")


# Answers that are errors


def test_a_request_that_was_not_pushed_is_refused_by_a_signed_answer(
    strict: MessageSigningParty, visitor: FlaskClient
) -> None:
    """message-signing/fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails
    (JARM)"""
    answer = strict.authorize(visitor)

    assert answer.parameters.keys() == {"error", "error_description", "state", "iss"}
    assert answer.error == "invalid_request"
    assert answer.parameters["state"] == LONG_STATE


def test_a_used_request_uri_is_refused_without_a_signature(strict: MessageSigningParty, signed_in: FlaskClient) -> None:
    """What could not be read cannot say that it wants a signed answer.
    message-signing/fapi2-security-profile-final-par-attempt-reuse-request_uri (JARM)"""
    pushed = strict.push().get_json()["request_uri"]
    assert strict.visit(signed_in, pushed).code

    again = strict.visit(signed_in, pushed, redirect_uri=strict.redirect_uri)

    assert again.error == "invalid_request_uri"


def test_a_request_uri_expires(strict: MessageSigningParty, visitor: FlaskClient, clock: MovableClock) -> None:
    """message-signing/fapi2-security-profile-final-par-attempt-to-use-expired-request_uri"""
    pushed = strict.push().get_json()
    clock.forward(seconds=pushed["expires_in"] + 1)

    answer = strict.visit(visitor, pushed["request_uri"], redirect_uri=strict.redirect_uri)

    assert answer.error == "invalid_request_uri"


def test_another_client_cannot_use_a_request_uri(
    app: Flask, strict: MessageSigningParty, visitor: FlaskClient, clock: MovableClock
) -> None:
    """message-signing/fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client"""
    other = MessageSigningParty(app, clock, "post", jarm=True)

    answer = other.visit(visitor, strict.push().get_json()["request_uri"], redirect_uri=other.redirect_uri)

    assert answer.error == "invalid_request_uri"


def test_requests_are_pushed_by_post_only(strict: MessageSigningParty) -> None:
    """message-signing/fapi2-security-profile-final-par-attempt-invalid-http-method"""
    assert strict.server.put("/par", data=strict.form_to_push()).status_code == 405


def test_the_page_may_be_visited_twice_and_needs_nothing_but_the_request_uri(
    strict: MessageSigningParty, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    """message-signing/fapi2-security-profile-final-par-without-duplicate-parameters,
    message-signing/fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"""
    pushed = strict.push().get_json()["request_uri"]

    first = strict.visit(visitor, pushed)
    sign_in(provider, visitor, person)
    second = strict.visit(visitor, pushed)

    assert first.mode == "page"
    assert strict.redeem(second)["access_token"]


def test_a_client_that_shows_a_certificate_signs_with_a_key_of_its_own(
    app: Flask, clock: MovableClock, signed_in: FlaskClient
) -> None:
    """message-signing/fapi2-security-profile-final-happy-flow (mTLS + mTLS)"""
    certificate = Certificate("basic", clock.now())
    party = MessageSigningParty(app, clock, jarm=True)
    party.register(
        token_endpoint_auth_method="self_signed_tls_client_auth",
        jwks={"keys": [*certificate.jwks["keys"], party.key.as_dict(private=False)]},
        dpop_bound_access_tokens=False,
        tls_client_certificate_bound_access_tokens=True,
    )
    form = {"client_id": "basic", **party.form_to_push()}

    pushed = party.server.post("/par", data=form, headers=certificate.headers("FAILED:self-signed"))
    assert pushed.status_code == 201, pushed.text
    answer = party.visit(signed_in, pushed.get_json()["request_uri"])
    redeemed = {
        "client_id": "basic",
        "grant_type": "authorization_code",
        "code": answer.code,
        "redirect_uri": party.redirect_uri,
        "code_verifier": VERIFIER,
    }
    tokens = party.server.post("/token", data=redeemed, headers=certificate.headers("FAILED:self-signed")).get_json()
    shown = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert party.server.get("/userinfo", headers={**shown, **certificate.headers()}).status_code == 200
    assert party.server.get("/userinfo", headers=shown).status_code == 401


def test_discovery_says_what_the_plan_asks(party: RelyingParty) -> None:
    """message-signing/fapi2-security-profile-final-discovery-end-point-verification (JAR, JARM)"""
    metadata = party.metadata
    fapi = {"PS256", "ES256", "EdDSA"}

    assert "jwt" in metadata["response_modes_supported"]
    for name in (
        "authorization_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
    ):
        assert fapi & set(metadata[name]), name
        assert "none" not in metadata[name]
    assert isinstance(metadata["authorization_encryption_alg_values_supported"], list)
    assert isinstance(metadata["authorization_encryption_enc_values_supported"], list)
    assert metadata["require_pushed_authorization_requests"] is False
    assert metadata["pushed_authorization_request_endpoint"].endswith("/par")
