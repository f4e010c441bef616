"""The provider describes itself, and the description is true (RFC 8414)."""

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata
from authlib.oidc.rpinitiated import OpenIDProviderMetadata as LogoutMetadata
from flask.testing import FlaskClient

from tests.support.relying_party import RelyingParty

ENDPOINTS = [
    "authorization_endpoint",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
    "jwks_uri",
    "account_management_uri",
]


@pytest.mark.parametrize("address", ["openid-configuration", "oauth-authorization-server"])
def test_the_document_is_public_json(visitor: FlaskClient, address: str) -> None:
    """RFC 8414 §3, §3.2, OIDC Discovery §4: at both addresses, application/json, the issuer as it is used;
    oidcc-discovery-endpoint-verification"""
    response = visitor.get(f"/.well-known/{address}")

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.get_json()["issuer"] == "http://localhost"


def test_an_independent_reader_finds_no_fault(party: RelyingParty, overrides: dict[str, object]) -> None:
    """Authlib's validators, fed with the https addresses of production."""
    secure = {
        name: value.replace("http://localhost", "https://login.example.ch") if isinstance(value, str) else value
        for name, value in party.metadata.items()
    }

    OpenIDProviderMetadata(secure).validate(metadata_classes=[LogoutMetadata])
    AuthorizationServerMetadata(secure).validate()


def test_what_the_certification_asks_for_is_there(party: RelyingParty) -> None:
    """oidcc-discovery-endpoint-verification, oidcc-rp-initiated-logout-discovery-endpoint-verification,
    oidcc-backchannel-logout-discovery-endpoint-verification"""
    metadata = party.metadata

    assert metadata["response_types_supported"] == ["code"]
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert {"authorization_code", "refresh_token"} <= set(metadata["grant_types_supported"])
    assert {"query", "form_post"} <= set(metadata["response_modes_supported"])
    assert "fragment" not in metadata["response_modes_supported"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True
    assert {"request_parameter_supported", "request_uri_parameter_supported"} <= metadata.keys()
    assert metadata["claims_parameter_supported"] is True


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_endpoint_is_served(visitor: FlaskClient, party: RelyingParty, name: str) -> None:
    """RFC 8414 §2"""
    path = party.metadata[name].removeprefix("http://localhost")

    assert visitor.get(path).status_code in {200, 400, 401, 405}


def test_no_endpoint_is_advertised_that_is_not_tested(party: RelyingParty) -> None:
    advertised = {name for name in party.metadata if name.endswith(("_endpoint", "_uri"))}

    assert advertised == set(ENDPOINTS)


def test_every_response_mode_is_served(visitor: FlaskClient, party: RelyingParty) -> None:
    for mode in party.metadata["response_modes_supported"]:
        assert party.authorize(visitor, prompt="none", response_mode=mode).error == "login_required"


def test_every_prompt_is_understood(visitor: FlaskClient, party: RelyingParty) -> None:
    for prompt in party.metadata["prompt_values_supported"]:
        assert party.authorize(visitor, prompt=prompt).error in {"", "login_required"}


def test_no_assurance_is_promised_that_nobody_can_reach(party: RelyingParty) -> None:
    """`phr` is that of a passkey."""
    assert party.metadata["acr_values_supported"] == ["password", "two-step", "mfa", "phr"]


def test_keys_are_public_and_named(visitor: FlaskClient, party: RelyingParty) -> None:
    """oidcc-server: distinct kids, no private parts"""
    response = visitor.get("/jwks.json")
    keys = response.get_json()["keys"]

    assert response.headers["Cache-Control"].startswith("public")
    assert len({key["kid"] for key in keys}) == len(keys) >= 2
    assert {key["alg"] for key in keys} == set(party.metadata["id_token_signing_alg_values_supported"])
    assert all(not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in keys)
