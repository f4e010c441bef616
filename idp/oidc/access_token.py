"""Access tokens: a JWT after RFC 9068, or an opaque text, with the same content; and whether one is still good.

- The content is the claims of RFC 9068 §2.2, whatever the format, and `grant_id`, the family it belongs to: so a token
  dies with its family wherever we are asked (userinfo, introspection). Elsewhere a JWT lives its five minutes.
- An opaque token is stored by fingerprint, with its content. A JWT is stored nowhere, until its client revokes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.clock import from_timestamp
from idp.database import Base, Transaction
from idp.grants import authorization as authorizations
from idp.grants.authorization import Authorization
from idp.grants.refresh_families import RefreshFamily
from idp.jose import CannotVerify
from idp.oidc.confirmation import Confirmation
from idp.oidc.scopes import OPENID
from idp.oidc.token.request import Granted, TokenRequest
from idp.people.person import ACTIVE, Person
from idp.signing_keys import SigningKeys

TYPE = "at+jwt"  # RFC 9068 §2.1
PREFERRED_ALGORITHM = "ES256"  # an eighth of the work of RS256, and allowed by every profile


class OpaqueAccessToken(Base):
    """`content` is what a JWT would say."""

    __tablename__ = "access_tokens"
    __table_args__ = (sa.Index("ix_access_tokens_expires_at", "expires_at"),)

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str]
    expires_at: Mapped[datetime]


class RevokedAccessToken(Base):
    """A token that its client gave back before its time (RFC 7009)."""

    __tablename__ = "revoked_access_tokens"
    __table_args__ = (sa.Index("ix_revoked_access_tokens_expires_at", "expires_at"),)

    token_id: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class AccessToken:
    """A token whose signature or row is ours and that has not expired; whether it is live is another question."""

    claims: Mapping[str, Any]

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
        return (value,) if isinstance(value, str) else tuple(value)

    @property
    def family_id(self) -> str:
        return str(self.claims.get("grant_id", ""))

    @property
    def expires_at(self) -> datetime:
        return from_timestamp(self.claims["exp"])

    @property
    def confirmation(self) -> Confirmation:
        bound = self.claims.get("cnf", {})
        return Confirmation(bound.get("jkt", ""), bound.get("x5t#S256", ""))


@dataclass(frozen=True)
class Live:
    """A token that may be used now. `authorization` is None when the client acts in its own name."""

    token: AccessToken
    authorization: Authorization | None


INSERT = sa.insert(OpaqueAccessToken)
FIND = sa.select(OpaqueAccessToken.content).where(OpaqueAccessToken.fingerprint == sa.bindparam("fingerprint"))
IS_REVOKED = sa.exists().where(RevokedAccessToken.token_id == sa.bindparam("token_id"))
LIVE = (
    sa.select(RefreshFamily.authorization)
    .join(Person, Person.id == RefreshFamily.person_id)
    .where(
        RefreshFamily.id == sa.bindparam("family_id"),
        RefreshFamily.revoked_at.is_(None),
        Person.state == ACTIVE,
        sa.not_(IS_REVOKED),
    )
)
REVOKED = sa.select(IS_REVOKED)
# The one form of `ON CONFLICT` that both databases read.
REVOKE = postgresql.insert(RevokedAccessToken).on_conflict_do_nothing()


def _purging(table: type[Base], key: Any, expires_at: Any) -> sa.Delete:
    old = sa.select(key).where(expires_at < sa.bindparam("before")).limit(sa.bindparam("batch"))
    return sa.delete(table).where(key.in_(old))


PURGES = (
    _purging(OpaqueAccessToken, OpaqueAccessToken.fingerprint, OpaqueAccessToken.expires_at),
    _purging(RevokedAccessToken, RevokedAccessToken.token_id, RevokedAccessToken.expires_at),
)


def content(request: TokenRequest, granted: Granted, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a new token (RFC 9068 §2.2). Without a person the client is its own subject (§5)."""
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
    """What the audience of a token is called that is for a resource and for the userinfo endpoint besides."""
    return f"{issuer}/userinfo"


def store(tx: Transaction, claims: Mapping[str, Any]) -> str:
    """A new opaque token with this content."""
    token = random_values.token()
    row = {
        "fingerprint": random_values.fingerprint(token),
        "content": msgspec.json.encode(claims).decode(),
        "expires_at": from_timestamp(claims["exp"]),
    }
    tx.execute(INSERT, row)
    return token


def sign(keys: SigningKeys, claims: Mapping[str, Any]) -> str:
    """A JWT with this content."""
    algorithm = PREFERRED_ALGORITHM if PREFERRED_ALGORITHM in keys.algorithms else keys.algorithms[0]
    return keys.sign(claims, algorithm=algorithm, typ=TYPE)


def read(tx: Transaction, keys: SigningKeys, issuer: str, text: str) -> AccessToken | None:
    """The token behind any text; None: it is not ours, no access token, or has expired."""
    claims = _from_jwt(keys, issuer, text) if text.count(".") == 2 else _from_row(tx, text)
    return AccessToken(claims) if claims is not None and claims["exp"] > tx.now.timestamp() else None


def live(tx: Transaction, token: AccessToken) -> Live | None:
    """The token with what it stands for; None: it was revoked, its family ended, or the person was disabled."""
    if not token.family_id:
        revoked = tx.execute(REVOKED, {"token_id": token.id}).scalar_one()
        return None if revoked else Live(token, None)
    row = tx.execute(LIVE, {"family_id": token.family_id, "token_id": token.id}).first()
    return Live(token, authorizations.from_json(row.authorization)) if row is not None else None


def revoke(tx: Transaction, token: AccessToken) -> None:
    """End this one token; its family goes on."""
    tx.execute(REVOKE, {"token_id": token.id, "expires_at": token.expires_at})


def purge(tx: Transaction, before: datetime, *, batch: int = 1000) -> int:
    """Delete up to `batch` stored and `batch` revoked tokens that expired before; how many went."""
    return sum(tx.execute(statement, {"before": before, "batch": batch}).rowcount for statement in PURGES)


def _audience(issuer: str, granted: Granted) -> tuple[str, ...]:
    """The resources (RFC 8707 §2), and with `openid` the userinfo endpoint, which the scope is for (OIDC Core §5.3)."""
    if not granted.audience:
        return (issuer,)
    identifies = granted.identifies and granted.authorization is not None and OPENID in granted.scope
    return (*granted.audience, userinfo_audience(issuer)) if identifies else granted.audience


def _sign_in(authorized: Authorization) -> dict[str, Any]:
    """How the person had signed in (RFC 9068 §2.2.1)."""
    return {"auth_time": int(authorized.auth_time.timestamp()), "acr": authorized.acr, "amr": list(authorized.amr)}


def _from_jwt(keys: SigningKeys, issuer: str, text: str) -> Mapping[str, Any] | None:
    try:
        token = keys.verify(text)
    except CannotVerify:
        return None
    ours = token.header.get("typ") == TYPE and token.claims.get("iss") == issuer
    return token.claims if ours else None


def _from_row(tx: Transaction, text: str) -> Mapping[str, Any] | None:
    row = tx.execute(FIND, {"fingerprint": random_values.fingerprint(text)}).first()
    return msgspec.json.decode(row.content, type=dict[str, Any]) if row is not None else None
