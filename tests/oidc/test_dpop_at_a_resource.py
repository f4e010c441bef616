"""DPoP (RFC 9449 §4.3, §7.1) at a resource: one bound token, shown in each of the ways that the suite shows it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.fapi_party import FapiParty, MessageSigningParty
from tests.support.possession import Prover, sign_raw
from tests.support.signed_in import sign_in

AN_HOUR = 3600
ADDRESS = "http://localhost/userinfo"


@pytest.fixture(params=[False, True], ids=["security profile", "message signing"])
def fapi(request: pytest.FixtureRequest, app: Flask, clock: MovableClock) -> FapiParty:
    """Its key is an RSA key, so that RS256 can be tried too."""
    found = MessageSigningParty(app, clock, jarm=True) if request.param else FapiParty(app, clock)
    found.prover = Prover(clock, "PS256")
    return found


@pytest.fixture
def token(fapi: FapiParty, visitor: FlaskClient, provider: Provider, person: str) -> str:
    sign_in(provider, visitor, person)
    return str(fapi.redeem(fapi.authorize_pushed(visitor))["access_token"])


@pytest.fixture
def show(fapi: FapiParty, token: str) -> Callable[..., int]:
    """Show the token with these proofs, and return the status."""

    def shown(*proofs: str, scheme: str = "DPoP", header: str = "DPoP") -> int:
        headers = [("Authorization", f"{scheme} {token}"), *((header, proof) for proof in proofs)]
        return fapi.server.get("/userinfo", headers=headers).status_code

    return shown


def test_what_holds_is_served_however_it_is_written(
    fapi: FapiParty, token: str, show: Callable[..., int], clock: MovableClock
) -> None:
    """fapi2-security-profile-final-dpop-negative-tests,
    message-signing/fapi2-security-profile-final-dpop-negative-tests: what must work;
    fapi2-security-profile-final-check-dpop-proof-nbf-exp,
    message-signing/fapi2-security-profile-final-check-dpop-proof-nbf-exp,
    fapi2-security-profile-final-access-token-type-header-case-sensitivity,
    message-signing/fapi2-security-profile-final-access-token-type-header-case-sensitivity"""
    now = int(clock.now().timestamp())

    def proof(**changes: object) -> str:
        return fapi.prover.proof("/userinfo", "GET", token=token, **changes)

    statuses = {
        "correct": show(proof()),
        "header in capitals": show(proof(), header="DPOP"),
        "scheme in another case": show(proof(), scheme="dpOp"),
        "query and fragment": show(proof(htu=f"{ADDRESS}?allthedoors#programmed")),
        "scheme and host in capitals": show(proof(htu="HTTP://LOCALHOST/userinfo")),
        "default port": show(proof(htu="http://localhost:80/userinfo")),
        "more in claims and header": show(proof(tx_id_key=now, header={"tx_id": now})),
        "ten seconds ago": show(proof(iat=now - 10)),
        "in ten seconds": show(proof(iat=now + 10)),
        "nbf and exp": show(proof(nbf=now, exp=now + 300)),
    }

    assert {name: status for name, status in statuses.items() if status != 200} == {}


def test_what_does_not_hold_is_refused(
    fapi: FapiParty, token: str, show: Callable[..., int], clock: MovableClock
) -> None:
    """fapi2-security-profile-final-dpop-negative-tests,
    message-signing/fapi2-security-profile-final-dpop-negative-tests: what must fail"""
    prover, other, now = fapi.prover, Prover(clock, "PS256"), int(clock.now().timestamp())

    def proof(**changes: object) -> str:
        return prover.proof("/userinfo", "GET", token=token, **changes)

    head, body, signature = proof().split(".")
    replayed, private = proof(), prover.key.as_dict(private=True)
    assert show(replayed) == 200
    unnamed = {"typ": "dpop+jwt", "alg2": "PS256", "jwk": prover.public}
    statuses = {
        "two proofs": show(proof(), proof()),
        "two parts of a JWT": show(f"{head}.{body}"),
        "no alg": show(f"{sign_raw(unnamed, {}, prover.key).split('.')[0]}.{body}.{signature}"),
        **{f"no {name} in the header": show(proof(header={name: None})) for name in ("typ", "jwk")},
        **{f"no {name}": show(proof(**{name: None})) for name in ("jti", "htm", "htu", "iat", "ath")},
        "another typ": show(proof(header={"typ": "dpop+jwt+wrongyousee"})),
        "RS256": show(proof(header={"alg": "RS256"})),
        "none": show(proof(header={"alg": "none", "jwk": None})),
        "none with the key": show(proof(header={"alg": "none"})),
        "another signature": show(f"{head}.{body}.{proof().split('.')[2]}"),
        "the private key": show(proof(header={"jwk": private})),
        "another method": show(proof(htm="PUT")),
        "another address": show(proof(htu=ADDRESS + "ohnonotagain")),
        "in an hour": show(proof(iat=now + AN_HOUR)),
        "an hour ago": show(proof(iat=now - AN_HOUR)),
        "another token": show(proof(ath="wrong")),
        "another key": show(other.proof("/userinfo", "GET", token=token)),
        "no proof": show(),
        "no proof, as a bearer": show(scheme="Bearer"),
        "second use of a jti": show(replayed),
    }

    assert {name: status for name, status in statuses.items() if status not in {400, 401}} == {}
    assert show(proof()) == 200


def test_a_token_shown_under_dpop_without_a_proof_asks_for_the_proof(fapi: FapiParty, token: str) -> None:
    """RFC 9449 §7.1"""
    response = fapi.server.get("/userinfo", headers={"Authorization": f"DPoP {token}"})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("DPoP ")
    assert 'error="invalid_dpop_proof"' in response.headers["WWW-Authenticate"]
