"""The names of claims: which scope each belongs to (OIDC Core §5.4), and which the protocols have taken."""

from collections.abc import Mapping

CLAIMS_OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "organisations": ("organisations",),
    "legacy": ("legacy_identifiers",),
}
SCOPE_OF_CLAIM = {claim: scope for scope, claims in CLAIMS_OF_SCOPE.items() for claim in claims}
PROTOCOL_CLAIMS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")
RESERVED = frozenset(
    {
        *PROTOCOL_CLAIMS,
        *SCOPE_OF_CLAIM,
        *("act", "active", "azp", "c_hash", "client_id", "cnf", "events", "grant_id", "jti", "may_act", "nbf"),
        *("organisations_truncated", "s_hash", "scope", "token_introspection", "token_type", "username"),
    }
)
"""Names that mean something already: no client may give them to a claim of its own."""
