"""Stored access tokens: opaque ones, and the ids of those that their client revoked before their time.

An opaque token is stored by its fingerprint, with the content that a JWT would carry. A JWT is not stored until its
client revokes it (RFC 7009). Every token names the refresh family it belongs to, and dies with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.grants import authorization as authorizations
from idp.grants.authorization import Authorization
from idp.grants.refresh_families import RefreshFamily
from idp.hot_statements import HotStatement
from idp.people import standard_claims
from idp.people.person import ACTIVE, Person
from idp.people.standard_claims import KnownPerson
from idp.statements import insert_if_absent, json_text


class OpaqueAccessToken(Base):
    """`content` is what a JWT would say."""

    __tablename__ = "access_tokens"
    __table_args__ = (sa.Index("ix_access_tokens_expires_at", "expires_at"),)

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str]
    expires_at: Mapped[datetime]


class RevokedAccessToken(Base):
    """A token that its client revoked before it expired (RFC 7009)."""

    __tablename__ = "revoked_access_tokens"
    __table_args__ = (sa.Index("ix_revoked_access_tokens_expires_at", "expires_at"),)

    token_id: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


INSERT = HotStatement(sa.insert(OpaqueAccessToken))
IS_REVOKED = sa.exists().where(RevokedAccessToken.token_id == sa.bindparam("token_id"))
IS_LIVE = (
    RefreshFamily.id == sa.bindparam("family_id"),
    RefreshFamily.revoked_at.is_(None),
    Person.state == ACTIVE,
    sa.not_(IS_REVOKED),
)
LIVE = HotStatement(
    sa.select(RefreshFamily.authorization).join(Person, Person.id == RefreshFamily.person_id).where(*IS_LIVE)
)
HOLDER = HotStatement(
    sa.select(RefreshFamily.authorization, *standard_claims.COLUMNS)
    .select_from(sa.join(RefreshFamily, standard_claims.PEOPLE, Person.id == RefreshFamily.person_id))
    .where(*IS_LIVE)
)
REVOKED = HotStatement(sa.select(IS_REVOKED))
_GRANT_ID, _TOKEN_ID = (json_text(OpaqueAccessToken.content, name) for name in ("grant_id", "jti"))
FIND = HotStatement(
    sa.select(
        OpaqueAccessToken.content,
        sa.exists().where(RevokedAccessToken.token_id == _TOKEN_ID).label("is_revoked"),
        RefreshFamily.authorization,
        *standard_claims.COLUMNS,
    )
    .select_from(
        sa.outerjoin(
            OpaqueAccessToken,
            sa.join(RefreshFamily, standard_claims.PEOPLE, Person.id == RefreshFamily.person_id),
            sa.and_(RefreshFamily.id == _GRANT_ID, RefreshFamily.revoked_at.is_(None), Person.state == ACTIVE),
        )
    )
    .where(OpaqueAccessToken.fingerprint == sa.bindparam("fingerprint"))
)
"""With the same answer as `HOLDER`, in the one statement that finds the token."""
REVOKE = HotStatement(insert_if_absent(RevokedAccessToken))


def store(tx: Transaction, claims: Mapping[str, object], expires_at: datetime) -> str:
    """Store a new opaque token with this content, and return it."""
    token = random_values.token()
    row = {
        "fingerprint": random_values.fingerprint(token),
        "content": msgspec.json.encode(claims).decode(),
        "expires_at": expires_at,
    }
    tx.run(INSERT, row)
    return token


@dataclass(frozen=True)
class StoredToken:
    """The content of an opaque token, expired or not.

    `holder` is the authorization with the person; None for a client in its own name, and if the family ended or the
    person was disabled.
    """

    content: dict[str, object]
    is_revoked: bool
    holder: tuple[Authorization, KnownPerson] | None


def find(tx: Transaction, text: str) -> StoredToken | None:
    """Return this opaque token; None if no such token is stored."""
    row = tx.run(FIND, {"fingerprint": random_values.fingerprint(text)}).first()
    if row is None:
        return None
    holder = (authorizations.from_json(row.authorization), row) if row.authorization is not None else None
    return StoredToken(msgspec.json.decode(row.content, type=dict[str, object]), row.is_revoked, holder)


def is_revoked(tx: Transaction, token_id: str) -> bool:
    """Return whether the client revoked the token with this id."""
    return bool(tx.run(REVOKED, {"token_id": token_id}).scalar())


def authorization_of(tx: Transaction, token_id: str, family_id: str) -> Authorization | None:
    """Return the authorization behind a token; None if it was revoked, its family ended, or the person was disabled."""
    row = tx.run(LIVE, {"family_id": family_id, "token_id": token_id}).first()
    return authorizations.from_json(row.authorization) if row is not None else None


def holder_of(tx: Transaction, token_id: str, family_id: str) -> tuple[Authorization, KnownPerson] | None:
    """Return the same together with the person, in one statement."""
    row = tx.run(HOLDER, {"family_id": family_id, "token_id": token_id}).first()
    return (authorizations.from_json(row.authorization), row) if row is not None else None


def revoke(tx: Transaction, token_id: str, expires_at: datetime) -> None:
    """End this one token; its family continues."""
    tx.run(REVOKE, {"token_id": token_id, "expires_at": expires_at})
