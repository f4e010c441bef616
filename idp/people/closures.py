"""Accounts that their owners asked to delete, until the grace is over (`retention.closure_grace`).

Until then nothing is lost: a sign-in, or the link of one of the two mails, keeps the account. The tokens of these links
are found here by their fingerprints. One conditional UPDATE stops a closure, so exactly one caller wins.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.people import ClosureAsked, ClosureReminded, ClosureStopped
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.statements import upsert


class Closure(Base):
    """A person's request to close the account, at the portal `client_id`. `ended_at` set: stopped, until asked again.

    `stop` is the fingerprint of the token in the first mail, `stop_later` of that in the reminder.
    """

    __tablename__ = "account_closures"
    __table_args__ = (
        sa.Index("ix_account_closures_due_at", "due_at"),
        sa.Index("ix_account_closures_ended_at", "ended_at"),
        sa.Index("ix_account_closures_stop_later", "stop_later"),
    )

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    client_id: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None] = mapped_column(default=None)
    stop: Mapped[str] = mapped_column(unique=True)
    stop_later: Mapped[str] = mapped_column(default="", server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def is_open(self) -> bool:
        """Return whether the account will be erased."""
        return self.ended_at is None


@dataclass(frozen=True)
class ClosureNotice:
    """`token` is for the mail, `reference` that of the event."""

    due_at: datetime
    token: str
    reference: str


ANEW = {"reminded_at": None, "stop_later": "", "ended_at": None}
BEGIN = upsert(
    Closure,
    ["person_id"],
    ["client_id", "asked_at", "due_at", "stop"],
    also=ANEW,
    where=Closure.ended_at.is_not(None),
).returning(Closure.person_id)
STOP = (
    sa.update(Closure)
    .where(Closure.person_id == sa.bindparam("person"), Closure.ended_at.is_(None))
    .values(ended_at=sa.bindparam("now"))
    .returning(Closure.client_id)
)


def begin(tx: Transaction, person_id: str, *, due_at: datetime, client_id: str) -> ClosureNotice | None:
    """Note that the account is to be erased at `due_at`; None: that was asked for before."""
    token = random_values.token()
    row = {
        "person_id": person_id,
        "client_id": client_id,
        "asked_at": tx.now,
        "due_at": due_at,
        "stop": random_values.fingerprint(token),
    }
    if tx.execute(BEGIN, row).first() is None:
        return None
    return ClosureNotice(due_at, token, record(tx, ClosureAsked(person_id=person_id, due_at=due_at.isoformat())))


def remind(tx: Transaction, closure: Closure, *, due_at: datetime) -> ClosureNotice:
    """Note that the person is reminded now, and that the account stays at least until `due_at`."""
    token = random_values.token()
    closure.reminded_at, closure.due_at = tx.now, max(closure.due_at, due_at)
    closure.stop_later = random_values.fingerprint(token)
    return ClosureNotice(closure.due_at, token, record(tx, ClosureReminded(person_id=closure.person_id)))


def stop(tx: Transaction, person_id: str, *, reason: str) -> str:
    """Keep the account. Returns the reference of the event; empty: nobody had asked to delete it."""
    if tx.execute(STOP, {"person": person_id, "now": tx.now}).first() is None:
        return ""
    return record(tx, ClosureStopped(person_id=person_id, reason=reason))


def of_person(tx: Transaction, person_id: str) -> Closure | None:
    """Return what the person asked for, if it is still to come."""
    found = tx.session.get(Closure, person_id, populate_existing=True)
    return found if found is not None and found.is_open else None


def by_stop(tx: Transaction, token: str) -> Closure | None:
    """Return what the token of a mail names, stopped or not. Reads only; any text is allowed."""
    fingerprint = random_values.fingerprint(token)
    this = sa.or_(Closure.stop == fingerprint, Closure.stop_later == fingerprint)
    return tx.session.scalar(sa.select(Closure).where(this))


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the wish of an erased person."""
    tx.execute(sa.delete(Closure).where(Closure.person_id == person_id))
