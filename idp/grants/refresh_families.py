"""Token families: everything issued from one authorization, and the refresh tokens that keep it going.

- A family is one row, made with the first tokens, whether or not a refresh token is among them, so that whatever was
  issued can be revoked together (RFC 9700 §4.14.2).
- Only the fingerprints of the current refresh token and of its parent are stored. For ten seconds the parent gives the
  same successor again (a lost answer, two tabs); any other token that was once genuine is a reuse: the family ends.
- Of parallel refreshes one UPDATE wins; the others find themselves in those ten seconds.
- A family lives with its session unless `offline_access` was granted; then it has an idle and an absolute end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit import log
from idp.audit.events.access import RefreshTokenReused
from idp.database import Base, Transaction
from idp.grants import authorization, refresh_tokens
from idp.grants.authorization import Authorization
from idp.grants.client_sessions import ClientSessionRow
from idp.grants.refresh_tokens import RefreshToken
from idp.hot_statements import HotStatement
from idp.people.person import ACTIVE, Person
from idp.statements import insert_from

GRACE = timedelta(seconds=10)

Refusal = Literal["unknown", "expired", "revoked", "reused", "other-client", "other-key"]


class RefreshFamily(Base):
    """`token` and `parent` are fingerprints; `key_thumbprint` is the key or certificate of the last issue."""

    __tablename__ = "refresh_families"
    __table_args__ = (
        sa.Index("ix_refresh_families_person_id", "person_id"),
        sa.Index("ix_refresh_families_session_id", "session_id"),
        sa.Index("ix_refresh_families_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    client_id: Mapped[str]
    session_id: Mapped[str]
    offline: Mapped[bool]
    knows_organisations: Mapped[bool]
    authorization: Mapped[str]
    token: Mapped[str]
    parent: Mapped[str]
    key_thumbprint: Mapped[str]
    started_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str]


@dataclass(frozen=True)
class Lifetimes:
    """The time that a family may stay unused, and its longest life."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True)
class StartedFamily:
    family_id: str
    refresh_token: str
    """Empty when the family has none."""


@dataclass(frozen=True)
class PresentedRefreshToken:
    """A token of a live family of this client: the current one, or one that will turn out to be old."""

    token: RefreshToken
    row: Any
    authorization: Authorization

    @property
    def key_thumbprint(self) -> str:
        """The DPoP key or certificate that the family was last issued to."""
        return str(self.row.key_thumbprint)

    @property
    def ends_at(self) -> datetime:
        """The time when it stops working if it is not used."""
        ends: datetime = min(self.row.idle_until, self.row.expires_at)
        return ends


@dataclass(frozen=True)
class ContinuedFamily:
    """A refresh token was accepted; `refresh_token` is what the client uses from now on."""

    family_id: str
    authorization: Authorization
    refresh_token: str


@dataclass(frozen=True)
class RefusedRefresh:
    reason: Refusal


INSERT = HotStatement(
    insert_from(
        sa.insert(RefreshFamily),
        sa.select(ClientSessionRow.id)
        .where(ClientSessionRow.id == sa.bindparam("sid"), ClientSessionRow.ended_at.is_(None))
        .with_for_update(read=True),
    ).returning(RefreshFamily.id)
)
"""Holds the session at the client: the transaction that ends it sees the family."""
FIND = HotStatement(
    sa.select(
        RefreshFamily.client_id,
        RefreshFamily.authorization,
        RefreshFamily.token,
        RefreshFamily.parent,
        RefreshFamily.key_thumbprint,
        RefreshFamily.renewed_at,
        RefreshFamily.idle_until,
        RefreshFamily.expires_at,
        RefreshFamily.revoked_at,
    )
    .join(Person, Person.id == RefreshFamily.person_id)
    .where(RefreshFamily.id == sa.bindparam("family_id"), Person.state == ACTIVE)
)
ROTATE = HotStatement(
    sa.update(RefreshFamily)
    .where(
        RefreshFamily.id == sa.bindparam("family_id"),
        RefreshFamily.token == sa.bindparam("presented"),
        RefreshFamily.revoked_at.is_(None),
    )
    .values(
        token=sa.bindparam("successor"),
        parent=sa.bindparam("presented"),
        key_thumbprint=sa.bindparam("thumbprint"),
        renewed_at=sa.bindparam("now"),
        idle_until=sa.bindparam("until"),
    )
)
RENEW = HotStatement(
    sa.update(RefreshFamily)
    .where(
        RefreshFamily.id == sa.bindparam("family_id"),
        RefreshFamily.token == sa.bindparam("presented"),
        RefreshFamily.revoked_at.is_(None),
    )
    .values(renewed_at=sa.bindparam("now"), idle_until=sa.bindparam("until"))
)
REVOKE = HotStatement(
    sa.update(RefreshFamily)
    .where(RefreshFamily.id == sa.bindparam("family_id"), RefreshFamily.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"), revoke_reason=sa.bindparam("reason"))
)


def start(
    tx: Transaction,
    authorized: Authorization,
    *,
    family_id: str,
    lifetimes: Lifetimes,
    knows_organisations: bool,
    refreshable: bool,
    key_thumbprint: str = "",
) -> StartedFamily | None:
    """Start a family for this authorization. None: the session at the client has ended that the authorization names.

    `family_id` is a `random_values.new_id` that the spent code already names; `knows_organisations` lets it end with
    the person's rights in an organisation.
    """
    first = refresh_tokens.first(tx.sealer, family_id) if refreshable else None
    expires_at = tx.now + lifetimes.absolute
    row = {
        "id": family_id,
        "person_id": authorized.person_id,
        "client_id": authorized.client_id,
        "session_id": authorized.session_id,
        "offline": authorized.offline,
        "knows_organisations": knows_organisations,
        "authorization": authorization.to_json(authorized),
        "token": first.fingerprint if first else "",
        "parent": "",
        "key_thumbprint": key_thumbprint,
        "started_at": tx.now,
        "renewed_at": tx.now,
        "idle_until": min(tx.now + lifetimes.idle, expires_at),
        "expires_at": expires_at,
        "revoked_at": None,
        "revoke_reason": "",
    }
    if tx.run(INSERT, {**row, "sid": authorized.sid}).first() is None:
        return None
    return StartedFamily(family_id, first.text if first else "")


def read(tx: Transaction, text: str, *, client_id: str) -> PresentedRefreshToken | RefusedRefresh:
    """Read a refresh token before it is used. Any text is allowed."""
    token = refresh_tokens.parse(text)
    row = tx.run(FIND, {"family_id": token.family_id}).first() if token else None
    if token is None or row is None:
        return RefusedRefresh("unknown")
    if row.client_id != client_id:
        return RefusedRefresh("other-client")
    if row.revoked_at is not None:
        return RefusedRefresh("revoked")
    if min(row.idle_until, row.expires_at) <= tx.now:
        return RefusedRefresh("expired")
    return PresentedRefreshToken(token, row, authorization.from_json(row.authorization))


def rotate(
    tx: Transaction, presented: PresentedRefreshToken, *, key_thumbprint: str, idle: timedelta
) -> ContinuedFamily | RefusedRefresh:
    """Spend the token for its successor; within the grace the parent gives the same one, later it is a reuse."""
    follower = refresh_tokens.successor(tx.sealer, presented.token)
    change = {
        **_renewal(tx, presented, idle),
        "successor": follower.fingerprint,
        "thumbprint": key_thumbprint,
    }
    if tx.run(ROTATE, change).rowcount == 1:
        return ContinuedFamily(presented.token.family_id, presented.authorization, follower.text)
    row = tx.run(FIND, {"family_id": presented.token.family_id}).first()
    again = _within_grace(tx, presented.token, row, key_thumbprint)
    if again is not None:
        return ContinuedFamily(presented.token.family_id, presented.authorization, again.text)
    return _refuse_old(tx, presented)


def renew(tx: Transaction, presented: PresentedRefreshToken, *, idle: timedelta) -> ContinuedFamily | RefusedRefresh:
    """Continue with the same token: what FAPI 2.0 asks for (Security Profile §5.3.2.1)."""
    if tx.run(RENEW, _renewal(tx, presented, idle)).rowcount == 1:
        return ContinuedFamily(presented.token.family_id, presented.authorization, presented.token.text)
    return _refuse_old(tx, presented)


def revoke(tx: Transaction, family_id: str, reason: str) -> bool:
    """End one family. False: it was over already. The audit event, with the reason, is that of the caller."""
    return tx.run(REVOKE, {"family_id": family_id, "now": tx.now, "reason": reason}).rowcount == 1


def is_genuine(tx: Transaction, presented: PresentedRefreshToken) -> bool:
    """Return whether this very text was once issued: `read` only says that it names a family."""
    return is_current(presented) or refresh_tokens.is_genuine(tx.sealer, presented.token)


def is_current(presented: PresentedRefreshToken) -> bool:
    """Return whether this very token would be accepted, for introspection."""
    return random_values.same(presented.token.fingerprint, presented.row.token)


def _renewal(tx: Transaction, presented: PresentedRefreshToken, idle: timedelta) -> dict[str, object]:
    return {
        "family_id": presented.token.family_id,
        "presented": presented.token.fingerprint,
        "now": tx.now,
        "until": min(tx.now + idle, presented.row.expires_at),
    }


def _within_grace(tx: Transaction, token: RefreshToken, row: Any, key_thumbprint: str) -> RefreshToken | None:
    """Return the successor that was given before, to the same key, a moment ago."""
    if row is None or row.revoked_at is not None or tx.now - row.renewed_at > GRACE:
        return None
    if not (
        random_values.same(token.fingerprint, row.parent) and random_values.same(key_thumbprint, row.key_thumbprint)
    ):
        return None
    return refresh_tokens.issued_successor(tx.sealer, token, row.token)


def _refuse_old(tx: Transaction, presented: PresentedRefreshToken) -> RefusedRefresh:
    """Not the current token: if it was once issued, someone kept a copy (RFC 9700 §4.14.2)."""
    if not is_genuine(tx, presented):
        return RefusedRefresh("unknown")
    if revoke(tx, presented.token.family_id, "reused"):
        log.record(
            tx,
            RefreshTokenReused(
                person_id=presented.authorization.person_id,
                client_id=presented.authorization.client_id,
                family_id=presented.token.family_id,
            ),
        )
    return RefusedRefresh("reused")
