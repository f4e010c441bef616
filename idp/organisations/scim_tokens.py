"""The tokens that a company's directory shows at `/scim/v2` (RFC 7644 §2), one company each.

A token is random and stored as a fingerprint. A row stays as long as the company's journal, which names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.organisations import ScimTokenCreated, ScimTokenRevoked
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.organisations.organisation import ACTIVE, Organisation

ADDRESS = "/scim/v2"
"""The path of the service that the tokens are for."""
PREFIX = "vestibule-scim-"
"""Lets scanners of source code and logs recognise a token that was left there."""
MOST = 5
"""Live tokens of one company: two suffice to replace one without a gap."""
LONGEST_DAYS = 365
LOOKED_AT = timedelta(minutes=5)
"""How exactly the last use is known: most requests write nothing of it."""


class ScimToken(Base):
    """`created_by` is the id of the administrator who made it."""

    __tablename__ = "scim_tokens"
    __table_args__ = (sa.Index(None, "organisation_id"), sa.Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(sa.ForeignKey("organisations.id"))
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True)
class AdmittedToken:
    """A live token, and the active company that it stands for."""

    token_id: str
    company: Organisation


IS_LIVE = sa.and_(ScimToken.revoked_at.is_(None), ScimToken.expires_at > sa.bindparam("now"))
FIND = (
    sa.select(ScimToken.id, Organisation)
    .join(Organisation, Organisation.id == ScimToken.organisation_id)
    .where(ScimToken.digest == sa.bindparam("shown"), IS_LIVE, Organisation.state == ACTIVE)
)
LIVE = sa.select(ScimToken).where(ScimToken.organisation_id == sa.bindparam("organisation"), IS_LIVE)
EVERYBODYS = sa.select(ScimToken.id).where(IS_LIVE)
USED = sa.update(ScimToken).where(
    ScimToken.id == sa.bindparam("token"),
    sa.or_(ScimToken.last_used_at.is_(None), ScimToken.last_used_at < sa.bindparam("looked_at")),
)
REVOKE = (
    sa.update(ScimToken)
    .where(ScimToken.id == sa.bindparam("token"), ScimToken.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
    .returning(ScimToken.organisation_id, ScimToken.name)
)


def draw() -> str:
    """Return a new token. It opens nothing before it is kept."""
    return PREFIX + random_values.token()


def keep(tx: Transaction, organisation_id: str, shown: str, *, name: str, days: int, by: str) -> str | None:
    """Let the holder of this token in for so many days, and return the reference of the event.

    `by` is the id of the administrator. None: the company has as many live tokens as it may have.
    """
    if len(live(tx, organisation_id)) >= MOST:
        return None
    token = ScimToken(
        id=random_values.new_id(tx.now),
        organisation_id=organisation_id,
        name=name,
        digest=random_values.fingerprint(shown),
        created_by=by,
        created_at=tx.now,
        expires_at=tx.now + timedelta(days=min(days, LONGEST_DAYS)),
    )
    tx.add(token)
    return record(
        tx,
        ScimTokenCreated(person_id=by, organisation_id=organisation_id, token_id=token.id, name=name, days=days),
    )


def find(tx: Transaction, shown: str) -> AdmittedToken | None:
    """Return the token and its company, if both are live. Reads only."""
    row = tx.session.execute(FIND, {"shown": random_values.fingerprint(shown), "now": tx.now}).first()
    return AdmittedToken(row[0], row[1]) if row is not None else None


def note_use(tx: Transaction, token_id: str) -> None:
    """Note that the token was used now, at most once in five minutes."""
    tx.execute(USED.values(last_used_at=tx.now), {"token": token_id, "looked_at": tx.now - LOOKED_AT})


def live(tx: Transaction, organisation_id: str) -> Sequence[ScimToken]:
    """Return the company's live tokens, the oldest first."""
    asked = {"organisation": organisation_id, "now": tx.now}
    return tx.session.scalars(LIVE.order_by(ScimToken.id), asked).all()


def revoke_everybodys(tx: Transaction, *, reason: str) -> None:
    """End the tokens of all companies: which of them were revoked cannot be told any more."""
    for token_id in tx.execute(EVERYBODYS, {"now": tx.now}).scalars().all():
        revoke(tx, token_id, reason=reason)


def by_id(tx: Transaction, token_id: str) -> ScimToken | None:
    return tx.session.get(ScimToken, token_id)


def revoke(tx: Transaction, token_id: str, *, reason: str = "") -> bool:
    """End a token. False: it had ended already."""
    row = tx.execute(REVOKE, {"token": token_id, "now": tx.now}).first()
    if row is None:
        return False
    tx.session.expire_all()
    event = ScimTokenRevoked(organisation_id=row.organisation_id, token_id=token_id, name=row.name, reason=reason)
    record(tx, event)
    return True
