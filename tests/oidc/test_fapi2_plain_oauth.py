"""FAPI 2.0 without OpenID Connect: no ID token, and a resource that asks for no scope `openid`."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from idp.settings import Settings
from idp.settings_loader import load_settings
from tests.support.application import TEST_SECRETS
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.fapi_party import FapiParty, MessageSigningParty
from tests.support.possession import Certificate, Prover
from tests.support.relying_party import ABSENT
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient

SCOPE = "profile email offline_access"


@pytest.fixture
def settings(database_url: str, tmp_path: Path, overrides: dict[str, Any]) -> Settings:
    """Those of a conformance run."""
    base = {
        "server": {"issuer": "http://localhost"},
        "database": {"url": database_url},
        "files": {"variable": str(tmp_path / "var"), "clients": "tests/portals/clients"},
        "registration": {"like": ""},
        "secrets": TEST_SECRETS,
    }
    return load_settings({"IDP_ENVIRONMENT": "conformance"}, overrides={**base, **overrides})


@pytest.fixture(params=[False, True], ids=["security profile", "message signing"])
def plain(request: pytest.FixtureRequest, app: Flask, clock: MovableClock) -> FapiParty:
    return MessageSigningParty(app, clock, jarm=True) if request.param else FapiParty(app, clock)


@pytest.fixture
def signed_in(visitor: FlaskClient, provider: Provider, person: str) -> FlaskClient:
    sign_in(provider, visitor, person)
    return visitor


def at_resource(party: FapiParty, token: str, scheme: str = "DPoP", **changes: Any) -> int:
    proof = party.prover.proof("/resource", "GET", token=token, **changes)
    return party.server.get("/resource", headers={"Authorization": f"{scheme} {token}", "DPoP": proof}).status_code


def test_the_happy_flow_has_no_id_token(plain: FapiParty, signed_in: FlaskClient) -> None:
    """fapi2-security-profile-final-happy-flow, fapi2-security-profile-final-refresh-token (plain_oauth)"""
    answer = plain.authorize_pushed(signed_in, scope=SCOPE, nonce=ABSENT)
    tokens = plain.exchange(answer.code).get_json()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "scope": SCOPE}
    refreshed = plain.token_request(**refresh).get_json()

    assert answer.parameters["iss"] == "http://localhost"
    assert "id_token" not in tokens
    assert "id_token" not in refreshed
    assert at_resource(plain, tokens["access_token"]) == 200
    assert at_resource(plain, refreshed["access_token"]) == 200
    assert plain.userinfo(tokens["access_token"]).status_code == 403


def test_the_resource_wants_the_token_as_it_is_bound(
    plain: FapiParty, signed_in: FlaskClient, clock: MovableClock
) -> None:
    """fapi2-security-profile-final-dpop-negative-tests,
    fapi2-security-profile-final-access-token-type-header-case-sensitivity (plain_oauth)"""
    token = plain.exchange(plain.authorize_pushed(signed_in, scope=SCOPE, nonce=ABSENT).code).get_json()["access_token"]

    assert at_resource(plain, token, "dPOp") == 200
    assert at_resource(plain, token, "Bearer") == 401
    assert at_resource(plain, token, ath="wrong") == 401
    assert plain.server.get("/resource", headers={"Authorization": f"DPoP {token}"}).status_code == 401
    assert plain.server.get(f"/resource?access_token={token}").status_code == 400
    plain.prover = Prover(clock)
    assert at_resource(plain, token) == 401


class TestWithCertificates:
    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {
            "server": {
                "issuer": "http://localhost",
                "trusted_proxies": ("127.0.0.1",),
                "client_certificate_header": "X-Client-Certificate",
                "client_verified_header": "X-Client-Verified",
            }
        }

    def test_the_resource_wants_the_certificate(self, basic: TokenClient, person: str, clock: MovableClock) -> None:
        """fapi2-security-profile-final-happy-flow (plain_oauth, mTLS)"""
        certificate, other = Certificate("c", clock.now()), Certificate("d", clock.now())
        bend(basic.provider, "basic", tls_client_certificate_bound_access_tokens=True)
        tokens = basic.redeem(basic.code(person, scope=SCOPE), headers=certificate.headers()).get_json()
        shown = {"Authorization": f"bEARER {tokens['access_token']}"}

        assert basic.http.get("/resource", headers={**shown, **certificate.headers()}).status_code == 200
        assert basic.http.get("/resource", headers={**shown, **other.headers()}).status_code == 401
        assert basic.http.get("/resource", headers=shown).status_code == 401


def test_the_server_is_described_at_the_address_of_oauth(plain: FapiParty) -> None:
    """RFC 8414 §3; fapi2-security-profile-final-discovery-end-point-verification (plain_oauth)"""
    found = plain.server.get("/.well-known/oauth-authorization-server")

    assert found.mimetype == "application/json"
    assert found.get_json() == plain.metadata
    assert {"profile", "email", "offline_access"} <= set(found.get_json()["scopes_supported"])
