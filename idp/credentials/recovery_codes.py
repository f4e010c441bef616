"""Recovery codes of a person: a list of ten, each of which works once in place of another second step.

A code has fifteen symbols without look-alikes, in three groups (74 bits; NIST SP 800-63B-4 §3.1.2.1 asks for 64).
Only keyed digests are stored. A new list replaces the former one as a whole.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.authenticators import RecoveryCodesIssued, RecoveryCodesRemoved, RecoveryCodeUsed
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.invitations.code_text import ALPHABET
from idp.readings import until_written

PURPOSE = "recovery code"
AMOUNT = 10
LENGTH = 15
GROUP = 5
FEW = 3
"""The number of remaining codes at which the owner is advised to make a new list."""

_NOT_A_SYMBOL = re.compile(r"[^A-Z0-9]+")


class RecoveryCode(Base):
    """`digest` is emptied when the code is used."""

    __tablename__ = "recovery_codes"
    __table_args__ = (sa.Index(None, "person_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    digest: Mapped[str]
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True)
class RecoveryCodeSummary:
    """The list as its owner and the desk see it."""

    left: int
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class RecoveryCodeUse:
    """A right code. `reference` is that of the event, `evidence` the id of the row."""

    evidence: str
    left: int
    reference: str


OF_PERSON = RecoveryCode.person_id == sa.bindparam("person")
USE = (
    sa.update(RecoveryCode)
    .where(OF_PERSON, RecoveryCode.used_at.is_(None), RecoveryCode.digest.in_(sa.bindparam("digests", expanding=True)))
    .values(used_at=sa.bindparam("now"), digest="")
    .returning(RecoveryCode.id)
)
LEFT = sa.select(sa.func.count()).where(OF_PERSON, RecoveryCode.used_at.is_(None))
LIST = sa.select(
    sa.func.min(RecoveryCode.issued_at).label("added_at"), sa.func.max(RecoveryCode.used_at).label("last_used_at")
).where(OF_PERSON)
FORGET = sa.delete(RecoveryCode).where(OF_PERSON)


def draw() -> tuple[str, ...]:
    """Return ten new codes in groups, as they are shown. They work once `keep` has stored them."""
    drawn = (random_values.code(LENGTH, ALPHABET) for _ in range(AMOUNT))
    return tuple(" ".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP)) for code in drawn)


def keep(tx: Transaction, person_id: str, codes: tuple[str, ...]) -> str:
    """Store the digests of these codes in place of the former list; returns the reference of the event."""
    tx.execute(FORGET, {"person": person_id})
    rows = [
        {"id": random_values.new_id(tx.now), "person_id": person_id, "digest": _digest(tx, person_id, code)}
        for code in codes
    ]
    tx.execute(sa.insert(RecoveryCode), [{**row, "issued_at": tx.now, "used_at": None} for row in rows])
    return record(tx, RecoveryCodesIssued(person_id=person_id))


def use(tx: Transaction, person_id: str, typed: str) -> RecoveryCodeUse | None:
    """Spend a code. None: it is no code of this person, or was used before; exactly one caller wins."""
    digests = list(tx.sealer.digests(PURPOSE, person_id, _read(typed)))
    found = tx.execute(USE, {"person": person_id, "digests": digests, "now": tx.now}).scalar()
    if found is None:
        return None
    remaining = left(tx, person_id)
    return RecoveryCodeUse(found, remaining, record(tx, RecoveryCodeUsed(person_id=person_id, left=remaining)))


@until_written
def left(tx: Transaction, person_id: str) -> int:
    """Return how many codes of the person still work."""
    return int(tx.execute(LEFT, {"person": person_id}).scalar_one())


def listed(tx: Transaction, person_id: str) -> RecoveryCodeSummary | None:
    """Return what may be shown of the person's list; None: they have none."""
    row = tx.execute(LIST, {"person": person_id}).one()
    return (
        RecoveryCodeSummary(left(tx, person_id), row.added_at, row.last_used_at) if row.added_at is not None else None
    )


def remove(tx: Transaction, person_id: str, *, reason: str) -> str:
    """Let the list work no more; returns the reference of the event, empty where there was none."""
    if tx.execute(FORGET, {"person": person_id}).rowcount == 0:
        return ""
    return record(tx, RecoveryCodesRemoved(person_id=person_id, reason=reason))


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the list of an erased person."""
    tx.execute(FORGET, {"person": person_id})


def _digest(tx: Transaction, person_id: str, code: str) -> str:
    return tx.sealer.digest(PURPOSE, person_id, _read(code))


def _read(typed: str) -> str:
    """Return what was typed without blanks and hyphens, in capitals."""
    return _NOT_A_SYMBOL.sub("", unicodedata.normalize("NFKC", typed).upper())
