"""The worker's side of the outbox: take, finish, put off, give back. Every change asks for the lease it was taken with.

A queue is one kind of delivery in one lane. Due times and leases are the database's time, and a process whose clock is
off takes nothing (rulings 37). On PostgreSQL takers pass each other (`SKIP LOCKED`); on SQLite a taker
holds the one write lock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from idp import random_values
from idp.database import Transaction, UTCDateTime
from idp.messages.delivery import Parcel
from idp.messages.outbox import HOLDS_CONTACTS, SEALED, OutboxRow, Outcome
from idp.sealing import CannotOpen


class Queue(NamedTuple):
    lane: str
    kind: str


Question = sa.CompoundSelect[str, str, datetime]


@dataclass(frozen=True)
class LeasedParcel:
    """A parcel with what the queue needs to know about it afterwards."""

    parcel: Parcel
    lease: str
    about: str
    template: str
    opened: bool = True

    @property
    def decoy(self) -> bool:
        return bool(self.parcel.payload.get("decoy"))


NOW = sa.bindparam("now", type_=UTCDateTime)
WAITING = (OutboxRow.done_at.is_(None), OutboxRow.due_at <= NOW)
CHOOSE = (
    sa.select(OutboxRow.id)
    .where(
        *WAITING,
        OutboxRow.lane == sa.bindparam("in_lane", type_=sa.Text),
        OutboxRow.kind == sa.bindparam("of_kind", type_=sa.Text),
    )
    .order_by(OutboxRow.due_at)
    .limit(sa.bindparam("batch", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
TAKE = (
    sa.update(OutboxRow)
    .where(OutboxRow.id.in_(sa.bindparam("chosen", type_=sa.Text, expanding=True)))
    .values(attempts=OutboxRow.attempts + 1)
    .returning(OutboxRow.__table__)
)
LEASED = sa.update(OutboxRow).where(
    OutboxRow.id == sa.bindparam("row", type_=sa.Text),
    OutboxRow.lease == sa.bindparam("held", type_=sa.Text),
)
GIVE_BACK = LEASED.values(attempts=OutboxRow.attempts - 1, lease="")


def look_at(queues: Iterable[Queue]) -> Question:
    """Return the query for the queues that have something to do: one step into the index for each."""
    return sa.union_all(*map(_look_at_one, queues))


def due(tx: Transaction, question: Question) -> set[Queue]:
    """Return the queues in which something waits, none for a process whose clock is off. Reads only."""
    if tx.shared.is_off:
        return set()
    earliest = {Queue(row.lane, row.kind): row.earliest for row in tx.execute(question)}
    return {of for of, moment in earliest.items() if moment is not None and moment <= tx.shared.now}


def choose(tx: Transaction, of: Queue, *, batch: int) -> Sequence[str]:
    """Return the ids of up to `batch` parcels of a queue that may be taken, the longest waiting first.

    Others skip them.
    """
    if tx.shared.is_off:
        return ()
    wanted = {"now": tx.shared.now, "in_lane": of.lane, "of_kind": of.kind, "batch": batch}
    return tx.execute(CHOOSE, wanted).scalars().all()


def take(tx: Transaction, chosen: Sequence[str], *, until: datetime) -> tuple[list[LeasedParcel], list[LeasedParcel]]:
    """Lease the chosen parcels `until` then; answers with those that open, and those that this process cannot open."""
    rows = tx.execute(TAKE, {"chosen": chosen, "lease": random_values.token(16), "due_at": until}).all()
    taken = [_taken(tx, row) for row in sorted(rows, key=lambda row: chosen.index(row.id))]
    return [each for each in taken if each.opened], [each for each in taken if not each.opened]


def finish(tx: Transaction, taken: LeasedParcel, outcome: Outcome, fault: str = "") -> bool:
    """Close the row and blank its payload; False if the lease was lost meanwhile."""
    return tx.execute(LEASED, {**_held(taken), **_closed(tx, outcome, fault)}).rowcount == 1


def put_off(tx: Transaction, taken: LeasedParcel, due_at: datetime, fault: str) -> None:
    """Try again at `due_at`."""
    tx.execute(LEASED, {**_held(taken), "due_at": due_at, "fault": fault, "lease": ""})


def give_back(tx: Transaction, untouched: Iterable[LeasedParcel], *, due_at: datetime, fault: str = "") -> None:
    """Let others take these parcels from `due_at` on, as if they had not been taken; `fault` says why."""
    why = {"fault": fault} if fault else {}
    for taken in untouched:
        tx.execute(GIVE_BACK, {**_held(taken), "due_at": due_at, **why})


def _look_at_one(of: Queue) -> sa.Select[str, str, datetime]:
    """By the least `due_at`: PostgreSQL plans an EXISTS here as a scan of the table once the plan is a generic one."""
    waiting = (OutboxRow.done_at.is_(None), OutboxRow.lane == of.lane, OutboxRow.kind == of.kind)
    earliest = sa.select(sa.func.min(OutboxRow.due_at)).where(*waiting).scalar_subquery()
    return sa.select(sa.literal(of.lane).label("lane"), sa.literal(of.kind).label("kind"), earliest.label("earliest"))


def _held(taken: LeasedParcel) -> dict[str, str]:
    return {"row": taken.parcel.id, "held": taken.lease}


def _taken(tx: Transaction, row: sa.Row[Any]) -> LeasedParcel:
    payload, opened = _payload(tx, row)
    parcel = Parcel(
        id=row.id,
        kind=row.kind,
        payload=payload,
        person_id=row.person_id,
        client_id=row.client_id,
        attempts=row.attempts,
        created_at=row.created_at,
        expires_at=row.expires_at,
        holds_contacts=row.about == HOLDS_CONTACTS,
    )
    return LeasedParcel(parcel, row.lease, row.about, row.template, opened)


def _payload(tx: Transaction, row: sa.Row[Any]) -> tuple[dict[str, object], bool]:
    """Return the sealed content, and whether it opened.

    Another process may know a key that this one does not know yet.
    """
    try:
        return msgspec.msgpack.decode(tx.sealer.open(SEALED, row.payload, context=row.id)), True
    except CannotOpen:
        return {}, False


def _closed(tx: Transaction, outcome: Outcome, fault: str) -> dict[str, object]:
    return {"done_at": tx.shared.now, "outcome": outcome, "fault": fault, "payload": "", "lease": ""}
