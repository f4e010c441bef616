"""The provider describes itself: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, one document, computed.

Nothing here is a list of its own: what is advertised is what the endpoints look up, so metadata cannot lie.
"""

import msgspec
from flask import Blueprint

from idp.interaction import ACCOUNT, ACCOUNT_ACTIONS
from idp.jose import CONTENT_ALGORITHMS, ENCRYPTION_ALGORITHMS, SECRET_ALGORITHMS, SIGNING_ALGORITHMS
from idp.oidc import (
    claims,
    device_authorization,
    dpop,
    end_session,
    introspection,
    jwks,
    par,
    revocation,
    scopes,
    userinfo,
)
from idp.oidc.authorize import acr
from idp.oidc.authorize.checks import CODE_CHALLENGE_METHODS, PROMPTS, RESPONSE_TYPES
from idp.oidc.authorize.endpoint import ADDRESS as AUTHORIZE
from idp.oidc.authorize.respond import RESPONSE_MODES
from idp.oidc.client_authentication import served_methods
from idp.oidc.registration import endpoint as registration
from idp.oidc.token import endpoint as token
from idp.oidc.token.address import ADDRESS as TOKEN
from idp.provider import Provider
from idp.web.fixed_answers import FixedAnswer

ADDRESSES = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")

ENDPOINTS = {
    "authorization_endpoint": AUTHORIZE,
    "pushed_authorization_request_endpoint": par.ADDRESS,
    "device_authorization_endpoint": device_authorization.ADDRESS,
    "token_endpoint": TOKEN,
    "userinfo_endpoint": userinfo.ADDRESS,
    "introspection_endpoint": introspection.ADDRESS,
    "revocation_endpoint": revocation.ADDRESS,
    "end_session_endpoint": end_session.ADDRESS,
    "jwks_uri": jwks.ADDRESS,
}

WITH_CERTIFICATES = (
    "token_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "userinfo_endpoint",
)


def document(provider: Provider) -> dict[str, object]:
    """Return the metadata of this provider."""
    issuer = provider.settings.server.issuer
    return {
        "issuer": issuer,
        **{name: issuer + path for name, path in ENDPOINTS.items()},
        **_registration(provider),
        **_authorization(provider),
        **_tokens(provider),
        **_possession(provider),
        **_logout(),
        "account_management_uri": issuer + ACCOUNT,
        "account_management_actions_supported": list(ACCOUNT_ACTIONS),
    }


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("discovery", __name__)
    body = msgspec.json.encode(document(provider))  # settings and tables stay what they are as long as the process

    answer = FixedAnswer(lambda: body, {"Content-Type": "application/json", **jwks.PUBLIC})
    for address in ADDRESSES:
        routes.add_url_rule(address, "describe", answer)
    return routes


def _registration(provider: Provider) -> dict[str, object]:
    if not provider.settings.registration.like:
        return {}
    return {"registration_endpoint": provider.settings.server.issuer + registration.ADDRESS}


def _authorization(provider: Provider) -> dict[str, object]:
    return {
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": list(RESPONSE_MODES),
        "code_challenge_methods_supported": list(CODE_CHALLENGE_METHODS),
        "prompt_values_supported": list(PROMPTS),
        "acr_values_supported": acr.supported(),
        "ui_locales_supported": list(provider.settings.pages.languages),
        "display_values_supported": ["page", "popup"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "authorization_signing_alg_values_supported": list(provider.settings.keys.algorithms),
        **_encryption("authorization"),
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
    }


def _tokens(provider: Provider) -> dict[str, object]:
    algorithms = list(provider.settings.keys.algorithms)
    methods = served_methods(provider.settings)
    return {
        "grant_types_supported": list(token.GRANTS),
        "scopes_supported": list(scopes.SCOPES),
        "claims_supported": list(claims.CLAIMS),
        "claim_types_supported": ["normal"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "introspection_signing_alg_values_supported": algorithms,
        **_encryption("id_token"),
        **_encryption("userinfo"),
        **_encryption("introspection"),
        **_authentication("token_endpoint", methods),
        **_authentication("revocation_endpoint", methods),
        **_authentication("introspection_endpoint", [name for name in methods if name != "none"]),
    }


def _encryption(answer: str) -> dict[str, object]:
    return {
        f"{answer}_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        f"{answer}_encryption_enc_values_supported": list(CONTENT_ALGORITHMS),
    }


def _authentication(endpoint: str, methods: list[str]) -> dict[str, object]:
    return {
        f"{endpoint}_auth_methods_supported": methods,
        f"{endpoint}_auth_signing_alg_values_supported": [*SIGNING_ALGORITHMS, *SECRET_ALGORITHMS],
    }


def _possession(provider: Provider) -> dict[str, object]:
    """Return the ways to bind tokens (RFC 9449 §5.1, RFC 8705 §3.3), and the endpoints for certificates (§5)."""
    server = provider.settings.server
    aliases = {name: server.mtls_address + ENDPOINTS[name] for name in WITH_CERTIFICATES} if server.mtls_address else {}
    return {
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": bool(server.client_certificate_header),
        **({"mtls_endpoint_aliases": aliases} if aliases else {}),
    }


def _logout() -> dict[str, object]:
    return {
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
    }
