"""The one password of a person: a row with its version and the floor it met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.sign_in import PasswordRetired, PasswordSet
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.people import lookup
from idp.people.lookup import LookupResult
from idp.people.person import Person
from idp.statements import upsert

MOST_FAILURES = 100
"""Failures in a row, after which a password signs nobody in from an unknown browser (NIST SP 800-63B-4 §3.2.2)."""


class Password(Base):
    """`version` grows with each new password: `submit` compares it with the one that `prepare` saw.

    `failures` are those since the last complete sign-in. `by_mailbox_alone`: it rests on a recovery that had no proof
    but the mailbox. Password and mailbox together are then one proof, also after a later change by both.
    `recovered_at`: when it was last chosen without the former one.
    `retired_at`: someone else may know it, so it is disabled; it is kept so that it is not chosen again.
    """

    __tablename__ = "passwords"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    hash: Mapped[str]
    version: Mapped[int]
    floor: Mapped[int]
    changed_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(server_default="0")
    by_mailbox_alone: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    recovered_at: Mapped[datetime | None] = mapped_column(default=None)
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True)
class StoredPassword:
    """`floor` is the length floor the password met when it was chosen (0: imported, unknown)."""

    hash: str
    version: int
    floor: int
    changed_at: datetime
    failures: int = 0
    by_mailbox_alone: bool = False


OF_PERSON = Password.person_id == sa.bindparam("person")
READ = (
    Password.hash,
    Password.version,
    Password.floor,
    Password.changed_at,
    Password.failures,
    Password.by_mailbox_alone,
)
CURRENT = sa.select(*READ).where(OF_PERSON, Password.retired_at.is_(None))
FOUND = lookup.FIND.add_columns(*READ).outerjoin(
    Password, sa.and_(Password.person_id == Person.id, Password.retired_at.is_(None))
)
LAST = sa.select(Password.hash).where(OF_PERSON)
RECOVERED_AT = sa.select(Password.recovered_at).where(OF_PERSON)


def _replacing(*columns: str) -> sa.Executable:
    fresh = {"version": Password.version + 1, "failures": 0, "retired_at": None}
    return upsert(Password, ["person_id"], columns, also=fresh).values(version=1).returning(Password.version)


CHANGE = _replacing("hash", "floor", "changed_at")
RECOVER = _replacing("hash", "floor", "changed_at", "by_mailbox_alone", "recovered_at")
REHASH = (
    sa.update(Password)
    .where(Password.person_id == sa.bindparam("person"), Password.version == sa.bindparam("seen"))
    .values(hash=sa.bindparam("hashed"))
)
COUNT_FAILURE = sa.update(Password).where(OF_PERSON).values(failures=Password.failures + 1).returning(Password.failures)
FORGET_FAILURES = sa.update(Password).where(OF_PERSON, Password.failures > 0).values(failures=0)
RETIRE = (
    sa.update(Password)
    .where(OF_PERSON, Password.retired_at.is_(None))
    .values(retired_at=sa.bindparam("at"), version=Password.version + 1)
)
DELETE = sa.delete(Password).where(OF_PERSON)


def current(tx: Transaction, person_id: str) -> StoredPassword | None:
    """Return the person's password as it is now; None: they have none yet, or no such person."""
    row = tx.execute(CURRENT, {"person": person_id}).first()
    return stored(row) if row is not None else None


def by_identifier(tx: Transaction, typed: str, *, portal: str) -> tuple[LookupResult, StoredPassword | None]:
    """As `lookup.by_identifier`, with the password of the person."""
    person, legacy, *password = tx.session.execute(FOUND, lookup.asked(typed, portal=portal)).one()
    return lookup.result(person, legacy), stored(password)


def stored(columns: Sequence[Any]) -> StoredPassword | None:
    """Return the password of the columns `READ`; None: an outer join found none."""
    return StoredPassword(*columns) if columns[0] is not None else None


def replace(tx: Transaction, person_id: str, hashed: str, *, floor: int, reason: str) -> str:
    """Store the first or a new password; returns the reference of the event."""
    return _store(tx, CHANGE, person_id, hashed, floor=floor, reason=reason)


def recover(tx: Transaction, person_id: str, hashed: str, *, floor: int, reason: str, by_mailbox_alone: bool) -> str:
    """As `replace`, in a recovery."""
    return _store(
        tx,
        RECOVER,
        person_id,
        hashed,
        floor=floor,
        reason=reason,
        by_mailbox_alone=by_mailbox_alone,
        recovered_at=tx.now,
    )


def recovered_at(tx: Transaction, person_id: str) -> datetime | None:
    """Return when the person's password was last recovered, whatever became of it since; None: never."""
    found: datetime | None = tx.execute(RECOVERED_AT, {"person": person_id}).scalar()
    return found


def last_hash(tx: Transaction, person_id: str) -> str:
    """Return the stored form of the newest password, a retired one too: a new one must not equal it.

    Empty: there is none.
    """
    return tx.execute(LAST, {"person": person_id}).scalar() or ""


def retire(tx: Transaction, person_id: str, *, reason: str) -> str:
    """Let the password open nothing any more. Returns the reference of the event; empty: there was none to retire."""
    if tx.execute(RETIRE, {"person": person_id, "at": tx.now}).rowcount == 0:
        return ""
    return record(tx, PasswordRetired(person_id=person_id, reason=reason))


def rehash(tx: Transaction, person_id: str, hashed: str, *, version: int) -> bool:
    """Store the same password under today's parameters, unless it was replaced since `version` was read."""
    return tx.execute(REHASH, {"person": person_id, "hashed": hashed, "seen": version}).rowcount == 1


def count_failure(tx: Transaction, person_id: str) -> int:
    """Count one more failure in a row; returns how many there are now, 0 for nobody."""
    return int(tx.execute(COUNT_FAILURE, {"person": person_id}).scalar() or 0)


def forget_failures(tx: Transaction, person_id: str) -> None:
    """After a complete sign-in: the next failure is the first."""
    tx.execute(FORGET_FAILURES, {"person": person_id})


def delete(tx: Transaction, person_id: str) -> None:
    """Forget the password of an erased person."""
    tx.execute(DELETE, {"person": person_id})


def _store(
    tx: Transaction,
    statement: sa.Executable,
    person_id: str,
    hashed: str,
    *,
    floor: int,
    reason: str,
    by_mailbox_alone: bool = False,
    recovered_at: datetime | None = None,
) -> str:
    row = {"person_id": person_id, "hash": hashed, "floor": floor, "changed_at": tx.now}
    of_recovery = {"by_mailbox_alone": by_mailbox_alone, "recovered_at": recovered_at}
    version = int(tx.execute(statement, {**row, **of_recovery}).scalar_one())
    return record(tx, PasswordSet(person_id=person_id, reason=reason, version=version))
