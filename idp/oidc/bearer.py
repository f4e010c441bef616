"""How a client shows an access token (RFC 6750 §2, RFC 9449 §7.1), and how it is told that the token will not do.

Header or body, never the address (RFC 9700 §4.3.2), and only one of them. The scheme may be written in any case.
"""

from dataclasses import dataclass

from flask import Request

from idp.database import Transaction
from idp.oidc import access_token
from idp.oidc.access_token import Live
from idp.oidc.errors import InvalidRequest, InvalidToken, OAuthError
from idp.oidc.form import MEDIA_TYPE, read_form
from idp.provider import Provider

SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}
LONGEST = 16 * 1024


@dataclass(frozen=True)
class Shown:
    """A token as it was shown; `scheme` is `Bearer` or `DPoP`."""

    scheme: str
    token: str


def read_shown(request: Request) -> Shown:
    """The one token in this request.

    Raises `InvalidToken` (401) where there is none, `InvalidRequest` for two or one in the address.
    """
    header = request.headers.get("Authorization", "")
    body = read_form(request).get("access_token") if request.method == "POST" and _has_form(request) else ""
    if "access_token" in request.args:
        raise InvalidRequest("an access token does not belong into an address")
    if header and body:
        raise InvalidRequest("more than one access token")
    if body:
        return Shown("Bearer", body)
    scheme, _, token = header.partition(" ")
    if scheme.lower() not in SCHEMES or not token.strip():
        raise InvalidToken
    return Shown(SCHEMES[scheme.lower()], token.strip())


def admit(provider: Provider, tx: Transaction, shown: Shown) -> Live:
    """The token, if it is live, meant for this provider, and shown the way it is bound. Raises `InvalidToken`."""
    issuer = provider.settings.server.issuer
    if len(shown.token) > LONGEST:
        raise InvalidToken("the access token is too long")
    token = access_token.read(tx, provider.signing_keys, issuer, shown.token)
    found = access_token.live(tx, token) if token is not None else None
    if found is None:
        raise InvalidToken("the access token is not valid, or not any more")
    if issuer not in found.token.audience:
        raise InvalidToken("the access token is meant for another resource")
    if found.token.confirmation.token_type != shown.scheme:
        raise InvalidToken("the access token is bound to a key: the scheme must be DPoP, and only then")
    return found


def challenge(error: OAuthError) -> dict[str, str]:
    """`WWW-Authenticate` (RFC 6750 §3): without an error where no token was shown."""
    said = error.parameters if error.description or not isinstance(error, InvalidToken) else {}
    parts = ", ".join(f'{name}="{value}"' for name, value in said.items())
    return {"WWW-Authenticate": f"Bearer {parts}".strip()}


def _has_form(request: Request) -> bool:
    return request.mimetype == MEDIA_TYPE
