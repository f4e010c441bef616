"""From the result of a grant to the response: what needs the database first, the signatures after the transaction.

Nothing is signed inside the transaction: an RSA signature would hold SQLite's one write lock for all others. If a
signature fails, a code is lost, which is better than a blocked database.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from idp.grants import access_tokens
from idp.oidc import access_token, claims, id_token, protected_response
from idp.oidc.access_token import AccessToken
from idp.oidc.jwt_times import times_of
from idp.oidc.scopes import OPENID, ORGANISATIONS
from idp.oidc.token.request import GrantResult, TokenRequest

OPAQUE = "opaque"


@dataclass(frozen=True)
class PreparedTokens:
    """All that the answer needs from the database. `opaque` is empty where a JWT has to be signed."""

    granted: GrantResult
    content: Mapping[str, object]
    opaque: str
    asked_claims: Mapping[str, object]
    organisations: Mapping[str, object]


def prepare(request: TokenRequest, granted: GrantResult) -> PreparedTokens:
    """Read and write what the tokens need. Touches no transaction for a JWT of a client in its own name."""
    authorized, client = granted.authorization, request.client
    organisations = (
        claims.organisations_for_token(request.tx, client, authorized)
        if authorized and ORGANISATIONS in granted.scope
        else {}
    )
    content = access_token.content(request, granted, organisations)
    opaque, expires_at = client.policy.access_token_format == OPAQUE, AccessToken(content).expires_at
    stored = access_tokens.store(request.tx, content, expires_at) if opaque else ""
    asked = claims.for_id_token(request.tx, client, authorized) if authorized else {}
    return PreparedTokens(granted, content, stored, asked, organisations)


def answer(request: TokenRequest, prepared: PreparedTokens) -> dict[str, object]:
    """Return the JSON of the token endpoint (RFC 6749 §5.1, OIDC Core §3.1.3.3)."""
    granted = prepared.granted
    token = prepared.opaque or access_token.sign(request.provider.signing_keys, prepared.content)
    times = times_of(prepared.content)
    content = {
        "access_token": token,
        "token_type": request.confirmation.token_type,
        "expires_in": times["exp"] - times["iat"],
        "scope": " ".join(granted.scope),
        "refresh_token": granted.refresh_token,
        "issued_token_type": granted.issued_token_type,
    }
    if granted.identifies and OPENID in granted.scope:
        content["id_token"] = _id_token(request, prepared, token)
    return {name: value for name, value in content.items() if value != ""}


def _id_token(request: TokenRequest, prepared: PreparedTokens, token: str) -> str:
    authorized = prepared.granted.authorization
    if authorized is None:
        return ""
    content = {
        **prepared.asked_claims,
        **prepared.organisations,
        **id_token.claims(
            request.provider.settings.server.issuer,
            request.client,
            authorized,
            request.now,
            access_token=token,
            nonce=prepared.granted.nonce,
        ),
    }
    return protected_response.sealed(
        request.provider, request.client, content, protected_response.of_id_token(request.client)
    )
