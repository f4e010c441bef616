"""The audit trail as lines that leave the database, each chained to the one before by its hash.

- The worker numbers events in the order in which it finds them (`take`), writes their lines, and notes how far it got
  (`note_written`). After a crash in between, the very same lines are made again: events never change.
- One worker at a time: the lease is in the row that holds the head of the chain, and runs by the database's clock. A
  worker that slept past its lease finds that out before it writes (`is_held`).
- `verify` needs nothing but the lines. It finds a line that was changed, is missing, repeated or out of order.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.log import AuditEvent
from idp.database import Base, Transaction
from idp.statements import insert_if_absent

BATCH = 500
LEASE = timedelta(seconds=30)
THE_ROW = 1
GENESIS = "0" * 64
"""The first line's value for the hash of the line before."""


class AuditChain(Base):
    """The one row: events up to `numbered` have their place, lines up to `written` have left, the last with `hash`.

    `holder` writes until `held_until`. `deletable_before` is set by retention alone, for as long as it deletes: SQLite,
    which has no roles, refuses every other deletion.
    """

    __tablename__ = "audit_chain"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    numbered: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    written: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    hash: Mapped[str] = mapped_column(default=GENESIS)
    holder: Mapped[str] = mapped_column(default="")
    held_until: Mapped[datetime | None] = mapped_column(default=None)
    deletable_before: Mapped[datetime | None] = mapped_column(default=None)


FIRST = insert_if_absent(AuditChain)
UNNUMBERED = sa.select(AuditEvent.id).where(AuditEvent.line.is_(None)).order_by(AuditEvent.id).limit(BATCH)
EVENTS = AuditEvent.__table__
NUMBER = sa.update(EVENTS).where(EVENTS.c.id == sa.bindparam("event")).values(line=sa.bindparam("number"))  # type: ignore[arg-type]
UNWRITTEN = sa.select(EVENTS).where(EVENTS.c.line > sa.bindparam("written")).order_by(EVENTS.c.line).limit(BATCH)


@dataclass(frozen=True)
class ChainLine:
    """One line as it is written, without its line break."""

    sequence: int
    hash: str
    text: str


@dataclass(frozen=True)
class ChainHead:
    """The end of the written chain: number and hash of its last line."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class ChainFault:
    """A fault in the lines: its description and place."""

    reason: str


def is_waiting(tx: Transaction) -> bool:
    """Return whether an event has not left yet. Cheap: most of the time there is none."""
    if tx.execute(UNNUMBERED.limit(1)).first() is not None:
        return True
    row = tx.execute(sa.select(AuditChain.numbered, AuditChain.written)).first()
    return row is not None and row.numbered > row.written


def waiting_since(tx: Transaction) -> datetime | None:
    """Return when the oldest event happened that has not left yet; None when all have."""
    written = tx.execute(sa.select(AuditChain.written)).scalar() or 0
    at = sa.select(AuditEvent.at).limit(1)
    oldest = (
        at.where(AuditEvent.line.is_(None)).order_by(AuditEvent.id),
        at.where(AuditEvent.line > written).order_by(AuditEvent.line),
    )
    return min((moment for each in oldest if (moment := tx.execute(each).scalar()) is not None), default=None)


def head(tx: Transaction) -> ChainHead:
    """Return how far the chain was written."""
    row = tx.execute(sa.select(AuditChain.written, AuditChain.hash)).first()
    return ChainHead(row.written, row.hash) if row is not None else ChainHead(0, GENESIS)


def take(tx: Transaction, holder: str) -> list[ChainLine]:
    """Return the next lines to write, for this holder alone until its lease is over.

    Empty: none, or another holds it.
    """
    tx.execute(FIRST, {"id": THE_ROW})
    chain = tx.session.get_one(AuditChain, THE_ROW, with_for_update=True, populate_existing=True)
    now = tx.shared.now
    if chain.holder not in {"", holder} and chain.held_until is not None and chain.held_until > now:
        return []
    fresh = tx.execute(UNNUMBERED).scalars().all()
    if fresh:
        tx.execute(NUMBER, [{"event": each, "number": chain.numbered + n} for n, each in enumerate(fresh, 1)])
    chain.numbered += len(fresh)
    chain.holder, chain.held_until = holder, now + LEASE
    rows = tx.execute(UNWRITTEN, {"written": chain.written}).all()
    return _chained(rows, ChainHead(chain.written, chain.hash))


def is_held(tx: Transaction, holder: str) -> bool:
    """Return whether this holder may still write what it took."""
    row = tx.execute(sa.select(AuditChain.holder, AuditChain.held_until)).first()
    return row is not None and row.holder == holder and row.held_until is not None and row.held_until > tx.shared.now


def note_written(tx: Transaction, holder: str, last: ChainLine) -> None:
    """Note that the lines up to `last` are written; the next worker continues from there."""
    tx.execute(
        sa.update(AuditChain)
        .where(AuditChain.holder == holder, AuditChain.written < last.sequence)
        .values(written=last.sequence, hash=last.hash, holder="", held_until=None)
    )


def verify(lines: Iterable[str]) -> tuple[ChainHead, ChainHead] | ChainFault:
    """Return the first and the last link of the chain in these lines, or the first fault."""
    first: ChainHead | None = None
    last: ChainHead | None = None
    for number, text in enumerate(lines, 1):
        found = read(text)
        if found is None:
            return ChainFault(f"line {number} was changed, or is not of this log")
        link, previous = found
        fault = _fault_between(last, link, previous)
        if fault:
            return ChainFault(f"line {number}: {fault}")
        first, last = first or link, link
    return (first, last) if first is not None and last is not None else ChainFault("there is no line")


def read(text: str) -> tuple[ChainHead, str] | None:
    """Number and hash of a line, and the hash it names as the one before; None for one that does not fit its hash."""
    try:
        entry = json.loads(text)
        digest, sequence, previous = entry.pop("hash"), entry["sequence"], entry["previous"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(sequence, int) or text != _sealed(sequence, entry).text or digest != _hash(_encoded(entry)):
        return None
    return ChainHead(sequence, digest), previous


def _fault_between(last: ChainHead | None, link: ChainHead, previous: str) -> str:
    if last is None:
        return "the first event names one before it" if link.sequence == 1 and previous != GENESIS else ""
    if link.sequence <= last.sequence:
        return f"event {link.sequence} stands after event {last.sequence}: repeated, or out of order"
    if link.sequence > last.sequence + 1:
        return f"events {last.sequence + 1} to {link.sequence - 1} are missing"
    return "" if previous == last.hash else f"event {link.sequence} does not follow the one before: one was replaced"


def _chained(rows: Sequence[sa.Row[Any]], after: ChainHead) -> list[ChainLine]:
    lines: list[ChainLine] = []
    previous = after.hash
    for row in rows:
        lines.append(_sealed(row.line, _entry(row, previous)))
        previous = lines[-1].hash
    return lines


def _entry(row: sa.Row[Any], previous: str) -> dict[str, object]:
    return {
        "sequence": row.line,
        "at": row.at.isoformat(timespec="microseconds"),
        "event": row.name,
        "reference": row.reference,
        "id": row.id,
        "person": row.person_id,
        "organisation": row.organisation_id,
        "client": row.client_id,
        "actor": row.actor,
        "request": row.request_id,
        "address": row.address,
        "user_agent": row.user_agent,
        "details": row.details,
        "previous": previous,
    }


def _sealed(sequence: int, entry: dict[str, object]) -> ChainLine:
    digest = _hash(_encoded(entry))
    return ChainLine(sequence, digest, _encoded({**entry, "hash": digest}))


def _encoded(entry: dict[str, object]) -> str:
    return json.dumps(entry, separators=(",", ":"))  # ASCII, so that no line break and no broken character gets in


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
