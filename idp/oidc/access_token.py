"""Access tokens: a JWT by RFC 9068 or an opaque text, with the same content; and the check whether one is live.

- The content is the claims of RFC 9068 §2.2, whatever the format, and `grant_id`, the family it belongs to: so a token
  dies with its family wherever we are asked (userinfo, introspection). Elsewhere a JWT lives its five minutes.
- Opaque tokens and revocations are stored in `idp.grants.access_tokens`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp import random_values
from idp.clock import from_timestamp
from idp.database import Transaction
from idp.grants import access_tokens
from idp.grants.access_tokens import StoredToken
from idp.grants.authorization import Authorization
from idp.jose import CannotVerify
from idp.oidc.confirmation import Confirmation
from idp.oidc.jwt_times import times_of
from idp.oidc.scopes import OPENID
from idp.oidc.token.request import GrantResult, TokenRequest
from idp.people.standard_claims import KnownPerson
from idp.signing_keys import SigningKeys

TYPE = "at+jwt"  # RFC 9068 §2.1
PREFERRED_ALGORITHM = "ES256"  # an eighth of the work of RS256, and allowed by every profile


@dataclass(frozen=True)
class AccessToken:
    """A token whose signature or row is ours and that has not expired; whether it is live is another question.

    `stored` answers it for an opaque one, which was looked up anyway.
    """

    claims: Mapping[str, object]
    stored: StoredToken | None = None

    @property
    def id(self) -> str:
        return str(self.claims["jti"])

    @property
    def client_id(self) -> str:
        return str(self.claims["client_id"])

    @property
    def scope(self) -> tuple[str, ...]:
        return tuple(str(self.claims.get("scope", "")).split())

    @property
    def audience(self) -> tuple[str, ...]:
        value = self.claims["aud"]
        return tuple(map(str, value)) if isinstance(value, list) else (str(value),)

    @property
    def family_id(self) -> str:
        return str(self.claims.get("grant_id", ""))

    @property
    def expires_at(self) -> datetime:
        return from_timestamp(times_of(self.claims)["exp"])

    @property
    def confirmation(self) -> Confirmation:
        bound = self.claims.get("cnf")
        held = bound if isinstance(bound, dict) else {}
        return Confirmation(held.get("jkt", ""), held.get("x5t#S256", ""))


@dataclass(frozen=True)
class LiveToken:
    """A token that may be used now. `authorization` is None when the client acts in its own name.

    `person` was read where the endpoint tells about the person.
    """

    token: AccessToken
    authorization: Authorization | None
    person: KnownPerson | None = None


def content(request: TokenRequest, granted: GrantResult, extra: Mapping[str, object]) -> dict[str, object]:
    """Return the claims of a new token (RFC 9068 §2.2). Without a person the client is its own subject (§5)."""
    issuer, client, authorized = request.provider.settings.server.issuer, request.client, granted.authorization
    issued_at = int(request.now.timestamp())
    audience = _audience(issuer, granted)
    claims = {
        "iss": issuer,
        "sub": granted.subject or client.client_id,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "client_id": client.client_id,
        "iat": issued_at,
        "exp": min(issued_at + client.policy.access_token_lifetime, granted.ends_at),
        "jti": random_values.token(16),
        "scope": " ".join(granted.scope),
        "grant_id": granted.family_id,
        "cnf": request.confirmation.claim,
        "act": granted.actor,
        **(_sign_in(authorized) if authorized else {}),
        **extra,
    }
    return {name: value for name, value in claims.items() if value not in ("", {})}


def userinfo_audience(issuer: str) -> str:
    """Return the audience value that stands for the userinfo endpoint, in a token that is for a resource as well."""
    return f"{issuer}/userinfo"


def sign(keys: SigningKeys, claims: Mapping[str, object]) -> str:
    """Return a JWT with this content."""
    algorithm = PREFERRED_ALGORITHM if PREFERRED_ALGORITHM in keys.algorithms else keys.algorithms[0]
    return keys.sign(claims, algorithm=algorithm, typ=TYPE)


def read(tx: Transaction, keys: SigningKeys, issuer: str, text: str) -> AccessToken | None:
    """Return the token behind any text; None: it is not ours, no access token, or has expired."""
    stored = access_tokens.find(tx, text) if text.count(".") != 2 else None
    claims = stored.content if stored is not None else _from_jwt(keys, issuer, text)
    lives = claims is not None and times_of(claims).get("exp", 0) > tx.now.timestamp()
    return AccessToken(claims, stored) if claims is not None and lives else None


def find_live(tx: Transaction, token: AccessToken) -> LiveToken | None:
    """Return the token and its authorization; None if it was revoked, its family ended, or the person was disabled."""
    if token.stored is not None:
        return _live(token, token.stored)
    if not token.family_id:
        return None if access_tokens.is_revoked(tx, token.id) else LiveToken(token, None)
    authorization = access_tokens.authorization_of(tx, token.id, token.family_id)
    return LiveToken(token, authorization) if authorization is not None else None


def find_holder(tx: Transaction, token: AccessToken) -> LiveToken | None:
    """Return the same with the person. One statement, of an opaque token none beyond the one that found it."""
    if token.stored is not None or not token.family_id:
        return find_live(tx, token)
    holder = access_tokens.holder_of(tx, token.id, token.family_id)
    return LiveToken(token, *holder) if holder is not None else None


def _live(token: AccessToken, stored: StoredToken) -> LiveToken | None:
    if stored.is_revoked or (token.family_id and stored.holder is None):
        return None
    return LiveToken(token, *stored.holder) if stored.holder is not None else LiveToken(token, None)


def revoke(tx: Transaction, token: AccessToken) -> None:
    """End this one token; its family continues."""
    access_tokens.revoke(tx, token.id, token.expires_at)


def _audience(issuer: str, granted: GrantResult) -> tuple[str, ...]:
    """Return the resources (RFC 8707 §2), and the userinfo endpoint if the scope has `openid` (OIDC Core §5.3)."""
    if not granted.audience:
        return (issuer,)
    identifies = granted.identifies and granted.authorization is not None and OPENID in granted.scope
    return (*granted.audience, userinfo_audience(issuer)) if identifies else granted.audience


def _sign_in(authorized: Authorization) -> dict[str, object]:
    """Return how the person had signed in (RFC 9068 §2.2.1)."""
    return {"auth_time": int(authorized.auth_time.timestamp()), "acr": authorized.acr, "amr": list(authorized.amr)}


def _from_jwt(keys: SigningKeys, issuer: str, text: str) -> Mapping[str, object] | None:
    try:
        token = keys.verify(text)
    except CannotVerify:
        return None
    ours = token.header.get("typ") == TYPE and token.claims.get("iss") == issuer
    return token.claims if ours else None
