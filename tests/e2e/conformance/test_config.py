"""Config OP: what discovery and the key set must say, condition by condition; and what the logout plans read there."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.suite import PATIENCE, Suite, media_type

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}
BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")  # RFC 6749 §3.3
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")  # BCP 47, canonical casing
SUPPORTED = ("supported", "session_supported")
MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
# The IANA registry of authorization server metadata by kind of value, so far as it concerns the code flow.
OWN_PAGES = {"account_management_uri", "account_management_actions_supported"}
"""In use and not registered yet (OAuth account management): the suite warns of them."""
ADDRESSES = {
    *{"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint"},
    *{"end_session_endpoint", "revocation_endpoint", "introspection_endpoint", "pushed_authorization_request_endpoint"},
    *{"device_authorization_endpoint", "service_documentation", "op_policy_uri", "op_tos_uri"},
}
FLAGS = {
    *{"request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"},
    *{"claims_parameter_supported", "authorization_response_iss_parameter_supported"},
    *{"backchannel_logout_supported", "backchannel_logout_session_supported", "frontchannel_logout_supported"},
    *{"frontchannel_logout_session_supported", "require_pushed_authorization_requests"},
    *{"tls_client_certificate_bound_access_tokens", "require_signed_request_object"},
}
ANSWERS = ("id_token", "userinfo", "request_object", "authorization", "introspection")
LISTS = {
    *{f"{what}_supported" for what in ("scopes", "response_types", "response_modes", "grant_types", "subject_types")},
    *{f"{what}_supported" for what in ("claims", "claim_types", "claims_locales", "ui_locales", "acr_values")},
    *{f"{what}_supported" for what in ("display_values", "prompt_values", "code_challenge_methods")},
    *{f"{where}_endpoint_auth_methods_supported" for where in ("token", "revocation", "introspection")},
    *{f"{where}_endpoint_auth_signing_alg_values_supported" for where in ("token", "revocation", "introspection")},
    *{f"{what}_signing_alg_values_supported" for what in (*ANSWERS, "dpop")},
    *{f"{what}_encryption_{kind}_values_supported" for what in ANSWERS for kind in ("alg", "enc")},
}


def test_the_document_is_found_where_the_issuer_says(suite: Suite) -> None:
    """oidcc-discovery-endpoint-verification"""
    answer = suite.server.get(f"{suite.issuer}/.well-known/openid-configuration", timeout=PATIENCE)

    issuer = urlsplit(answer.json()["issuer"])
    assert answer.status_code == 200
    assert media_type(answer) == "application/json"
    assert answer.json()["issuer"] == suite.issuer
    assert (issuer.scheme, issuer.query, issuer.fragment) == ("https", "", "")


def test_every_endpoint_is_https(suite: Suite) -> None:
    """oidcc-discovery-endpoint-verification"""
    endpoints = {name: value for name, value in suite.metadata.items() if name.endswith(("_endpoint", "_uri"))}

    needed = {"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "registration_endpoint", "jwks_uri"}
    assert needed <= endpoints.keys()
    assert {urlsplit(address).scheme for address in endpoints.values()} == {"https"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("response_types_supported", {"code"}),
        ("response_modes_supported", {"query", "form_post"}),
        ("grant_types_supported", {"authorization_code", "refresh_token"}),
        ("subject_types_supported", {"public", "pairwise"}),
        ("id_token_signing_alg_values_supported", {"RS256"}),
        ("userinfo_signing_alg_values_supported", {"RS256"}),
        ("request_object_signing_alg_values_supported", {"RS256"}),
        ("token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post", "private_key_jwt"}),
        ("scopes_supported", {"openid", "profile", "email", "phone", "address", "offline_access"}),
        ("claims_supported", {"sub", "name", "email"}),
        ("code_challenge_methods_supported", {"S256"}),
    ],
)
def test_what_is_supported_is_listed(suite: Suite, name: str, values: set[str]) -> None:
    """oidcc-discovery-endpoint-verification"""
    assert isinstance(suite.metadata[name], list)
    assert values <= set(suite.metadata[name])


def test_every_name_is_registered_and_its_value_of_the_registered_kind(suite: Suite) -> None:
    """oidcc-discovery-endpoint-verification; RFC 8414 §2 and §7.1: a name nobody registered is a warning."""
    metadata = dict(suite.metadata)
    metadata.pop("mtls_endpoint_aliases", None)

    assert metadata.keys() - OWN_PAGES <= ADDRESSES | FLAGS | LISTS
    assert all(isinstance(metadata[name], bool) for name in FLAGS & metadata.keys())
    assert all(urlsplit(metadata[name]).netloc for name in ADDRESSES & metadata.keys())
    for name in LISTS & metadata.keys():
        assert metadata[name]
        assert all(isinstance(value, str) for value in metadata[name])
        assert len(set(metadata[name])) == len(metadata[name]), name


@pytest.mark.parametrize("name", ["id_token_signing_alg", "userinfo_signing_alg", "request_object_signing_alg"])
def test_nothing_unsigned_is_offered(suite: Suite, name: str) -> None:
    """oidcc-idtoken-unsigned, form-post/oidcc-idtoken-unsigned, dynamic/oidcc-idtoken-unsigned,
    oidcc-request-uri-unsigned, oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported,
    form-post/oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported: skipped by the suite, because
    `none` is not listed"""
    assert "none" not in suite.metadata[f"{name}_values_supported"]


@pytest.mark.parametrize(
    "name",
    ["request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"],
)
def test_what_parameters_are_understood_is_said_in_so_many_words(suite: Suite, name: str) -> None:
    """oidcc-discovery-endpoint-verification"""
    assert suite.metadata[name] is True


def test_scopes_and_languages_are_well_formed(suite: Suite) -> None:
    """oidcc-discovery-endpoint-verification"""
    assert all(SCOPE_TOKEN.fullmatch(scope) for scope in suite.metadata["scopes_supported"])
    assert all(LANGUAGE.fullmatch(tag) for tag in suite.metadata["ui_locales_supported"])


def test_every_key_is_public_and_has_an_id_of_its_own(suite: Suite) -> None:
    """oidcc-discovery-endpoint-verification, and the first check of every other module"""
    keys: list[dict[str, Any]] = suite.keys()["keys"]

    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not PRIVATE & key.keys()
        assert all(BASE64URL.fullmatch(key[member]) for member in MEMBERS[key["kty"]] if member != "crv")


def test_the_logout_plans_find_what_they_need(suite: Suite) -> None:
    """oidcc-rp-initiated-logout-discovery-endpoint-verification,
    oidcc-backchannel-logout-discovery-endpoint-verification,
    oidcc-frontchannel-logout-discovery-endpoint-verification"""
    flags = [f"{channel}_logout_{what}" for channel in ("backchannel", "frontchannel") for what in SUPPORTED]

    assert {suite.metadata[flag] for flag in flags} == {True}
    assert urlsplit(suite.metadata["end_session_endpoint"]).scheme == "https"
