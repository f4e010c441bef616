"""DPoP (RFC 9449): a correct proof, bent one property at a time, at the token endpoint and at a resource."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Prover
from tests.support.purging import purge
from tests.support.relying_party import VERIFIER, RelyingParty, challenge_of
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient, good, refused

pytestmark = pytest.mark.both_databases


@pytest.fixture
def prover(clock: MovableClock) -> Prover:
    return Prover(clock)


def bound(client: TokenClient, person_id: str, prover: Prover, **changes: Any) -> dict[str, Any]:
    return good(client.redeem(client.code(person_id, **changes), headers=prover.header()))


def at_userinfo(client: TokenClient, token: str, proof: str | None, scheme: str = "DPoP") -> TestResponse:
    headers = {"Authorization": f"{scheme} {token}", **({"DPoP": proof} if proof is not None else {})}
    return client.http.get("/userinfo", headers=headers)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_tokens_are_bound_to_the_key_of_the_proof(
    basic: TokenClient, person: str, clock: MovableClock, algorithm: str
) -> None:
    """RFC 9449 §5, §6, §6.1: token_type DPoP and the thumbprint in cnf; §4.3: each algorithm that is advertised (§5.1);
    fapi2-security-profile-final-happy-flow (D)"""
    prover = Prover(clock, algorithm)

    tokens = bound(basic, person, prover)

    assert tokens["token_type"] == "DPoP"
    assert basic.verified(tokens["access_token"])["cnf"] == {"jkt": prover.jkt}
    token = tokens["access_token"]
    assert at_userinfo(basic, token, prover.proof("/userinfo", "GET", token=token)).status_code == 200


def test_a_bound_token_is_no_bearer_token(basic: TokenClient, person: str, prover: Prover) -> None:
    """RFC 9449 §7.1; fapi2-security-profile-final-dpop-negative-tests: no proof, Bearer scheme"""
    token = bound(basic, person, prover)["access_token"]

    assert basic.userinfo(token).status_code == 401
    assert at_userinfo(basic, token, None).status_code == 401
    assert at_userinfo(basic, token, prover.proof("/userinfo", "GET", token=token), "Bearer").status_code == 401


def test_a_bearer_token_does_not_become_a_bound_one(basic: TokenClient, person: str, prover: Prover) -> None:
    token = basic.tokens(person)["access_token"]

    assert at_userinfo(basic, token, prover.proof("/userinfo", "GET", token=token)).status_code == 401


def test_another_key_does_not_do(basic: TokenClient, person: str, prover: Prover, clock: MovableClock) -> None:
    """RFC 9449 §7.1: told in the scheme it used; fapi2-security-profile-final-dpop-negative-tests: other key"""
    token = bound(basic, person, prover)["access_token"]

    response = at_userinfo(basic, token, Prover(clock).proof("/userinfo", "GET", token=token))

    assert response.status_code == 401
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith('DPoP error="invalid_token"')
    assert 'algs="ES256 PS256 EdDSA"' in challenge


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
def test_the_scheme_may_be_written_in_any_case(basic: TokenClient, person: str, prover: Prover, scheme: str) -> None:
    """RFC 9449 §7.1, RFC 9110 §11.1;
    fapi2-security-profile-final-access-token-type-header-case-sensitivity,
    fapi2-security-profile-final-dpop-negative-tests: header scheme in upper case"""
    token = bound(basic, person, prover)["access_token"]

    assert at_userinfo(basic, token, prover.proof("/userinfo", "GET", token=token), scheme).status_code == 200


BAD_CLAIMS: list[dict[str, Any]] = [
    {"jti": None},
    {"jti": ""},
    {"jti": 1},
    {"htm": None},
    {"htm": "PUT"},
    {"htm": "post"},
    {"htu": None},
    {"htu": "http://localhost/other"},
    {"htu": "https://localhost/token"},
    {"htu": "http://localhost:81/token"},
    {"htu": "http://localhost:99999/token"},
    {"htu": 7},
    {"iat": None},
    {"iat": "now"},
    {"iat": True},
    {"iat": 1e300},
    {"exp": "later"},
]


@pytest.mark.parametrize("changes", BAD_CLAIMS)
def test_each_claim_must_be_right(basic: TokenClient, person: str, prover: Prover, changes: dict[str, Any]) -> None:
    """RFC 9449 §4.2, §4.3; fapi2-security-profile-final-dpop-negative-tests: missing or wrong jti, htm, htu, iat"""
    response = basic.redeem(basic.code(person), headers=prover.header(**changes))

    refused(response, "invalid_dpop_proof")


@pytest.mark.parametrize(("seconds", "accepted"), [(-61, False), (-60, True), (60, True), (61, False)])
def test_a_proof_is_good_for_a_minute_either_way(
    basic: TokenClient, person: str, prover: Prover, clock: MovableClock, seconds: int, accepted: bool
) -> None:
    """RFC 9449 §4.3, §11.1"""
    response = basic.redeem(basic.code(person), headers=prover.header(iat=int(clock.now().timestamp()) + seconds))

    assert (response.status_code == 200) is accepted


def test_no_nonce_is_given_where_none_is_asked_for(basic: TokenClient, person: str, prover: Prover) -> None:
    """RFC 9449 §8.2"""
    assert "DPoP-Nonce" not in basic.redeem(basic.code(person), headers=prover.header()).headers


@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "JWT"},
        {"alg": None},
        {"alg": "none"},
        {"alg": "HS256"},
        {"jwk": None},
        {"jwk": {}},
        {"jwk": "text"},
        {"jwk": {"kty": "oct", "k": "c2VjcmV0"}},
    ],
)
def test_each_header_parameter_must_be_right(
    basic: TokenClient, person: str, prover: Prover, header: dict[str, Any]
) -> None:
    """RFC 9449 §4.2, §4.3; fapi2-security-profile-final-dpop-negative-tests: missing or wrong typ, alg, jwk; none"""
    response = basic.redeem(basic.code(person), headers=prover.header(header=header))

    refused(response, "invalid_dpop_proof")


def test_a_private_key_in_the_proof_is_refused(basic: TokenClient, person: str, prover: Prover) -> None:
    """RFC 9449 §4.3; fapi2-security-profile-final-dpop-negative-tests: private key in jwk"""
    private = {**prover.public, "d": prover.key.as_dict(private=True)["d"]}

    refused(basic.redeem(basic.code(person), headers=prover.header(header={"jwk": private})), "invalid_dpop_proof")


def test_rs256_and_a_foreign_signature_are_refused(
    basic: TokenClient, person: str, prover: Prover, clock: MovableClock
) -> None:
    """fapi2-security-profile-final-dpop-negative-tests: RS256, bad signature"""
    other = Prover(clock)
    rsa = Prover(clock, "RS256")

    refused(basic.redeem(basic.code(person), headers=rsa.header()), "invalid_dpop_proof")
    refused(basic.redeem(basic.code(person), headers=prover.header(header={"jwk": other.public})), "invalid_dpop_proof")


def test_two_proofs_and_nonsense_are_refused(basic: TokenClient, person: str, prover: Prover) -> None:
    """RFC 9449 §4.3: one header, one well-formed JWT;
    fapi2-security-profile-final-dpop-negative-tests: two DPoP headers, malformed JWT"""
    for value in (f"{prover.proof()}, {prover.proof()}", "nonsense", "a.b.c", "", "é", "x" * 20_000):
        response = basic.redeem(basic.code(person), headers={"DPoP": value})
        refused(response, "invalid_dpop_proof")


@pytest.mark.parametrize(
    "htu",
    [
        "http://localhost/token",
        "HTTP://LOCALHOST/token",
        "http://localhost:80/token",
        "http://localhost/token?query=1",
        "http://localhost/token#fragment",
    ],
)
def test_the_address_is_compared_after_normalisation(basic: TokenClient, person: str, prover: Prover, htu: str) -> None:
    """RFC 9449 §4.3; RFC 3986 §6.2.2.1, §6.2.3;
    fapi2-security-profile-final-dpop-negative-tests:
    htu with or without query or fragment, in other case, default port written out"""
    good(basic.redeem(basic.code(person), headers=prover.header(htu=htu)))


@pytest.mark.parametrize(
    ("seconds", "accepted"), [(-10, True), (10, True), (-59, True), (-61, False), (61, False), (3600, False)]
)
def test_clocks_may_differ_a_little(
    basic: TokenClient, person: str, prover: Prover, clock: MovableClock, seconds: int, accepted: bool
) -> None:
    """RFC 9449 §4.3: made within a minute;
    fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds,
    fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds; iat ±1 h refused"""
    headers = prover.header(iat=int(clock.now().timestamp()) + seconds)

    assert basic.redeem(basic.code(person), headers=headers).status_code == (200 if accepted else 400)


def test_nbf_and_exp_are_looked_at(basic: TokenClient, person: str, prover: Prover, clock: MovableClock) -> None:
    """fapi2-security-profile-final-check-dpop-proof-nbf-exp"""
    now = int(clock.now().timestamp())

    good(basic.redeem(basic.code(person), headers=prover.header(nbf=now - 10, exp=now + 300)))
    refused(basic.redeem(basic.code(person), headers=prover.header(exp=now - 3600)), "invalid_dpop_proof")
    refused(basic.redeem(basic.code(person), headers=prover.header(nbf=now + 3600)), "invalid_dpop_proof")


def test_further_claims_do_not_matter(basic: TokenClient, person: str, prover: Prover) -> None:
    """fapi2-security-profile-final-dpop-negative-tests: extra claims"""
    good(basic.redeem(basic.code(person), headers=prover.header(extra="claim")))


def test_a_proof_works_once(basic: TokenClient, person: str, prover: Prover) -> None:
    """RFC 9449 §11.1;
    fapi2-security-profile-final-dpop-negative-tests: jti replay, at the token endpoint and at a resource"""
    headers = prover.header()
    token = good(basic.redeem(basic.code(person), headers=headers))["access_token"]
    refused(basic.redeem(basic.code(person), headers=headers), "invalid_dpop_proof")
    proof = prover.proof("/userinfo", "GET", token=token)
    assert at_userinfo(basic, token, proof).status_code == 200

    response = at_userinfo(basic, token, proof)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith('DPoP error="invalid_dpop_proof"')


@pytest.mark.parametrize("changes", [{"ath": None}, {"ath": "wrong"}, {"htm": "POST"}, {"htu": "http://localhost/x"}])
def test_at_a_resource_the_proof_names_the_token(
    basic: TokenClient, person: str, prover: Prover, changes: dict[str, Any]
) -> None:
    """RFC 9449 §4.3, §7.1: ath, and the algorithms in the challenge;
    fapi2-security-profile-final-dpop-negative-tests: missing or wrong ath"""
    token = bound(basic, person, prover)["access_token"]

    response = at_userinfo(basic, token, prover.proof("/userinfo", "GET", token=token, **changes))

    assert response.status_code == 401
    assert 'error="invalid_dpop_proof"' in response.headers["WWW-Authenticate"]
    assert 'algs="ES256 PS256 EdDSA"' in response.headers["WWW-Authenticate"]


def test_a_client_registered_for_it_gets_no_tokens_without(provider: Provider, basic: TokenClient, person: str) -> None:
    """fapi2-security-profile-final-ensure-holder-of-key-required"""
    bend(provider, "basic", dpop_bound_access_tokens=True)

    refused(basic.redeem(basic.code(person)), "invalid_request")


def test_a_code_bound_to_a_key_needs_that_key(
    basic: TokenClient, person: str, prover: Prover, clock: MovableClock
) -> None:
    """RFC 9449 §10: dpop_jkt;
    fapi2-security-profile-final-ensure-dpop-auth-code-binding-success,
    fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt"""
    good(basic.redeem(basic.code(person, dpop_jkt=prover.jkt), headers=prover.header()))

    refused(basic.redeem(basic.code(person, dpop_jkt=prover.jkt), headers=Prover(clock).header()), "invalid_grant")
    refused(basic.redeem(basic.code(person, dpop_jkt=prover.jkt)), "invalid_grant")


def test_a_public_client_s_refresh_token_is_bound_to_its_key(
    app: Flask, person: str, prover: Prover, clock: MovableClock
) -> None:
    """RFC 9700 §2.2.2; RFC 9449 §5"""
    public = TokenClient(app, "public")
    token = bound(public, person, prover)["refresh_token"]

    refused(public.refresh(token, headers=Prover(clock).header()), "invalid_grant")
    refused(public.refresh(token), "invalid_grant")

    good(public.refresh(token, headers=prover.header()))


def test_a_confidential_client_may_refresh_with_another_key(
    basic: TokenClient, person: str, prover: Prover, clock: MovableClock
) -> None:
    """refresh-token: bound to the client, not to the DPoP key; but the grace is for the same key only."""
    other = Prover(clock)
    token = bound(basic, person, prover)["refresh_token"]

    refreshed = good(basic.refresh(token, headers=other.header()))

    assert basic.verified(refreshed["access_token"])["cnf"] == {"jkt": other.jkt}
    assert good(basic.refresh(token, headers=other.header()))["refresh_token"] == refreshed["refresh_token"]
    refused(basic.refresh(token, headers=prover.header()), "invalid_grant")


def test_introspection_tells_the_key(basic: TokenClient, person: str, prover: Prover) -> None:
    """RFC 9449 §6.2"""
    token = bound(basic, person, prover)["access_token"]

    state = good(basic.post("/introspect", token=token))

    assert (state["token_type"], state["cnf"]) == ("DPoP", {"jkt": prover.jkt})


class TestWithNonces:
    """RFC 9449 §8, §9"""

    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"dpop": {"nonces": True}}

    def test_a_proof_without_nonce_is_given_one(self, basic: TokenClient, person: str, prover: Prover) -> None:
        """RFC 9449 §8, §8.2: use_dpop_nonce with a nonce, and the next one with the answer"""
        code = basic.code(person)
        first = basic.redeem(code, headers=prover.header())

        second = basic.redeem(code, headers=prover.header(nonce=first.headers["DPoP-Nonce"]))

        refused(first, "use_dpop_nonce")
        assert second.headers["DPoP-Nonce"]
        good(second)

    def test_a_nonce_is_good_for_some_minutes(
        self, basic: TokenClient, person: str, prover: Prover, clock: MovableClock
    ) -> None:
        nonce = basic.redeem(basic.code(person), headers=prover.header()).headers["DPoP-Nonce"]
        clock.forward(minutes=4)
        good(basic.redeem(basic.code(person), headers=prover.header(nonce=nonce)))
        clock.forward(minutes=7)

        refused(basic.redeem(basic.code(person), headers=prover.header(nonce=nonce)), "use_dpop_nonce")

    def test_a_nonce_of_the_last_window_is_good_in_the_next(
        self, basic: TokenClient, person: str, prover: Prover, clock: MovableClock
    ) -> None:
        """RFC 9449 §8: a client that was answered at the end of a window has time to use it"""
        clock.set(clock.now().replace(minute=4, second=50))
        nonce = basic.redeem(basic.code(person), headers=prover.header()).headers["DPoP-Nonce"]
        clock.forward(seconds=20)

        good(basic.redeem(basic.code(person), headers=prover.header(nonce=nonce)))

    def test_a_resource_asks_for_a_nonce_too(self, basic: TokenClient, person: str, prover: Prover) -> None:
        """RFC 9449 §9"""
        nonce = basic.redeem(basic.code(person), headers=prover.header()).headers["DPoP-Nonce"]
        token = good(basic.redeem(basic.code(person), headers=prover.header(nonce=nonce)))["access_token"]

        response = at_userinfo(basic, token, prover.proof("/userinfo", "GET", token=token))

        assert response.status_code == 401
        assert 'error="use_dpop_nonce"' in response.headers["WWW-Authenticate"]
        proof = prover.proof("/userinfo", "GET", token=token, nonce=response.headers["DPoP-Nonce"])
        assert at_userinfo(basic, token, proof).status_code == 200


def test_a_proof_is_remembered_as_long_as_it_could_be_shown_again(
    basic: TokenClient, provider: Provider, person: str, prover: Prover, clock: MovableClock
) -> None:
    """RFC 9449 §11.1: a clock that is ahead makes a proof last for two minutes; tidying up does not forget it before"""
    token = bound(basic, person, prover)["access_token"]
    proof = prover.proof("/userinfo", "GET", token=token, iat=int(clock.now().timestamp()) + 59)
    assert at_userinfo(basic, token, proof).status_code == 200
    clock.forward(seconds=110)
    with provider.database.transaction() as tx:
        purge(tx, "spent_identifiers")

    assert at_userinfo(basic, token, proof).status_code == 401


def test_a_weak_key_is_no_key(basic: TokenClient, person: str, prover: Prover) -> None:
    weak = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}

    refused(basic.redeem(basic.code(person), headers=prover.header(header={"jwk": weak})), "invalid_dpop_proof")


class TestAtThePushedRequest:
    """RFC 9449 §10.1"""

    def pushed(self, client: TokenClient, headers: dict[str, str], **changes: str) -> TestResponse:
        form = {
            "response_type": "code",
            "redirect_uri": "https://basic.example.ch/callback",
            "scope": "openid",
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        return client.post("/par", headers=headers, **{**form, **changes})

    def test_a_proof_is_accepted_and_spent(self, basic: TokenClient, prover: Prover) -> None:
        """fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success"""
        headers = prover.header("/par")

        assert self.pushed(basic, headers).status_code == 201
        refused(self.pushed(basic, headers), "invalid_dpop_proof")

    def test_a_proof_and_dpop_jkt_must_agree(self, basic: TokenClient, prover: Prover, clock: MovableClock) -> None:
        """RFC 9449 §10.1; fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails"""
        assert self.pushed(basic, prover.header("/par"), dpop_jkt=prover.jkt).status_code == 201
        refused(self.pushed(basic, prover.header("/par"), dpop_jkt=Prover(clock).jkt), "invalid_request")

    def test_a_code_is_bound_to_the_key_of_the_pushed_request(
        self, app: Flask, basic: TokenClient, person: str, prover: Prover, clock: MovableClock
    ) -> None:
        """RFC 9449 §10.1; fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt"""
        browser = app.test_client()
        party = RelyingParty(app, "basic")
        sign_in(basic.provider, browser, person)
        for key, status in ((prover, 200), (Prover(clock), 400)):
            challenge = challenge_of(VERIFIER)
            pushed = self.pushed(basic, prover.header("/par"), code_challenge=challenge).get_json()["request_uri"]
            sent = {"client_id": "basic", "request_uri": pushed}
            answer = party.follow(browser, browser.get("/authorize", query_string=sent))

            assert basic.redeem(answer.code, headers=key.header()).status_code == status
