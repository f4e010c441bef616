"""The outbox: messages written in the transaction that causes them, delivered by the worker afterwards.

Payloads are sealed, and blanked when sent, expired or dead. A row belongs to a lane; lanes are leased separately, so
that bulk mail never delays a code (rulings 21). Delivery is at least once; a receiver dedupes by the row's id. Every
time of a row is the database's, for processes with different clocks hand it on to each other (rulings 37).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction, UTCDateTime
from idp.hot_statements import HotStatement
from idp.messages import recipient
from idp.messages.catalogue import CATALOGUE
from idp.statements import insert_if_absent

Lane = Literal["codes", "notices", "logout", "bulk"]
Outcome = Literal["", "sent", "expired", "dead"]

LANES: tuple[Lane, ...] = ("codes", "logout", "notices", "bulk")
"""In the order of their priority."""

LIFETIMES: Mapping[Lane, timedelta] = {
    "codes": timedelta(minutes=10),
    "logout": timedelta(days=1),
    "notices": timedelta(days=3),
    "bulk": timedelta(days=7),
}
"""The default time for which a message may wait."""

SEALED = "outbox"
HOLDS_CONTACTS = "contact data"
"""The value of `about` of a call that holds an address or number of its person."""
CHANNEL = "outbox"
"""The PostgreSQL channel that workers listen to; a notification carries `<lane> <kind>`."""


class OutboxRow(Base):
    """One message or call.

    It may be taken at `due_at`: a worker that takes it moves that into the future and writes its `lease`, so that
    another takes it over should the first one die. `created_at` is when it began to wait: of a message that may not
    leave before some moment, that moment. `masked` and `template` stay for the desk when the payload is gone.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(
            "ix_outbox_waiting",
            "lane",
            "kind",
            "due_at",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        ),
        sa.Index("ix_outbox_person_id", "person_id"),
        sa.Index("ix_outbox_done_at", "done_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    lane: Mapped[str]
    dedup_key: Mapped[str | None] = mapped_column(unique=True)
    payload: Mapped[str]
    template: Mapped[str]
    masked: Mapped[str]
    person_id: Mapped[str]
    client_id: Mapped[str]
    about: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    lease: Mapped[str]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str]
    fault: Mapped[str]


_QUEUE = sa.literal_column("lane || ' ' || kind", sa.Text)
INSERT = {
    "sqlite": HotStatement(insert_if_absent(OutboxRow).returning(OutboxRow.id)),
    "postgresql": HotStatement(insert_if_absent(OutboxRow).returning(OutboxRow.id, sa.func.pg_notify(CHANNEL, _QUEUE))),
}
"""Wakes a sleeping worker of PostgreSQL with the commit."""
OF_PERSON = (
    sa.select(OutboxRow.__table__)
    .where(OutboxRow.person_id == sa.bindparam("person_id", type_=sa.Text), OutboxRow.template != "")
    .order_by(OutboxRow.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
)
COUNTED = (sa.func.count().label("waiting"), sa.func.min(OutboxRow.created_at).label("oldest"))
BACKLOG = (
    sa.select(OutboxRow.lane, *COUNTED)
    .where(
        OutboxRow.done_at.is_(None),
        OutboxRow.fault == "",
        OutboxRow.created_at <= sa.bindparam("now", type_=UTCDateTime),
    )
    .group_by(OutboxRow.lane)
)
FAILING = (
    sa.select(OutboxRow.kind, OutboxRow.client_id, *COUNTED, sa.func.max(OutboxRow.fault).label("fault"))
    .where(OutboxRow.done_at.is_(None), OutboxRow.fault != "")
    .group_by(OutboxRow.kind, OutboxRow.client_id)
    .order_by(OutboxRow.kind, OutboxRow.client_id)
)
GIVEN_UP = (
    sa.select(OutboxRow.client_id, sa.func.count().label("lost"), sa.func.min(OutboxRow.created_at).label("oldest"))
    .where(OutboxRow.kind.in_(sa.bindparam("kinds", expanding=True)), OutboxRow.outcome.in_(("dead", "expired")))
    .group_by(OutboxRow.client_id)
    .order_by(OutboxRow.client_id)
)

TAKE_GIVEN_UP = (
    sa.delete(OutboxRow)
    .where(
        OutboxRow.id.in_(
            sa.select(OutboxRow.id)
            .where(
                OutboxRow.kind == sa.bindparam("of_kind", type_=sa.Text),
                OutboxRow.client_id == sa.bindparam("client", type_=sa.Text),
                OutboxRow.outcome.in_(("dead", "expired")),
                OutboxRow.about != "",
            )
            .order_by(OutboxRow.id)
            .limit(sa.bindparam("count", type_=sa.Integer))
        )
    )
    .returning(OutboxRow.about)
)


@dataclass(frozen=True, kw_only=True)
class Message:
    """A mail or SMS in words that the catalogue knows. It is rendered at delivery, in `language` and brand.

    `values` must be exactly those that the catalogue names for the template (texts, numbers, aware datetimes, lists
    and dicts of these). `client_id` decides the brand; without one, `brand` does, else the neutral brand. `about` names
    what the message belongs to (a code's id): it is handed back when the message cannot be delivered. `not_before` is
    when it may leave at the earliest. A `decoy` makes the same row and is never delivered.
    """

    kind: Literal["email", "sms"]
    to: str
    template: str
    language: str
    values: Mapping[str, object] = field(default_factory=dict)
    client_id: str = ""
    brand: str = ""
    lane: Lane = "notices"
    not_before: datetime | None = None
    expires_at: datetime | None = None
    dedup_key: str = ""
    person_id: str = ""
    about: str = ""
    decoy: bool = False


@dataclass(frozen=True)
class DeliveryReport:
    """The outcome of a message, for the desk and the signed-in owner (rulings 18)."""

    id: str
    kind: str
    template: str
    masked: str
    created_at: datetime
    done_at: datetime | None
    outcome: Outcome
    fault: str


@dataclass(frozen=True)
class MessageQueued:
    """The fact that a transaction put a message into the outbox, for observers of the database."""

    id: str
    kind: str
    lane: Lane


@dataclass(frozen=True)
class Backlog:
    """The messages in a lane that wait for their first try, for metrics and the doctor."""

    waiting: int
    oldest: datetime


@dataclass(frozen=True)
class FailingDelivery:
    """Failed deliveries of one kind to one client that will be tried again."""

    kind: str
    client_id: str
    waiting: int
    oldest: datetime
    fault: str


def enqueue(tx: Transaction, message: Message) -> str:
    """Queue a mail or SMS and return its id; an empty text if `dedup_key` was queued before.

    Raises `ValueError` for an unknown template, values that do not match the catalogue, or a recipient of another
    kind (an SMS to an e-mail address).
    """
    _check(message)
    payload = {
        "to": message.to,
        "template": message.template,
        "language": message.language,
        "values": message.values,
        "brand": message.brand,
        "decoy": message.decoy,
    }
    return _insert(
        tx,
        kind=message.kind,
        lane=message.lane,
        payload=payload,
        template=message.template,
        masked=recipient.masked(message.to),
        person_id=message.person_id,
        client_id=message.client_id,
        about=message.about,
        dedup_key=message.dedup_key or None,
        expires_at=message.expires_at,
        due_at=message.not_before,
    )


def enqueue_call(
    tx: Transaction,
    kind: str,
    payload: Mapping[str, object],
    *,
    lane: Lane = "logout",
    dedup_key: str = "",
    person_id: str = "",
    client_id: str = "",
    about: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Queue something for the delivery function of `kind` (`backchannel_logout`, …). Returns as `enqueue`.

    `about` stays readable when it was given up: `take_given_up` hands it back.
    """
    return _insert(
        tx,
        kind=kind,
        lane=lane,
        payload=payload,
        template="",
        masked="",
        person_id=person_id,
        client_id=client_id,
        about=about,
        dedup_key=dedup_key or None,
        expires_at=expires_at,
    )


def take_back(tx: Transaction, person_id: str, about: Collection[str]) -> None:
    """Never send what still waits for this person and belongs to one of these."""
    waiting = (OutboxRow.person_id == person_id, OutboxRow.about.in_(about), OutboxRow.done_at.is_(None))
    taken_back = {"done_at": tx.now, "outcome": "expired", "payload": "", "lease": ""}
    tx.execute(sa.update(OutboxRow).where(*waiting).values(taken_back))


def of_person(
    tx: Transaction, person_id: str, *, limit: int = 20, portals: Collection[str] | None = None
) -> list[DeliveryReport]:
    """Return the newest messages to a person and what became of them; only those of these `portals`, if given."""
    wanted = OF_PERSON if portals is None else OF_PERSON.where(OutboxRow.client_id.in_(portals))
    rows = tx.execute(wanted, {"person_id": person_id, "count": limit})
    return [
        DeliveryReport(row.id, row.kind, row.template, row.masked, row.created_at, row.done_at, row.outcome, row.fault)
        for row in rows
    ]


def backlog(tx: Transaction) -> dict[str, Backlog]:
    """Return the messages that wait for their first try, by lane, without those that are not due. Read only.

    A recipient that fails makes its messages old, and says nothing of the queue: see `failing`.
    """
    return {row.lane: Backlog(row.waiting, row.oldest) for row in tx.execute(BACKLOG, {"now": tx.shared.now})}


def failing(tx: Transaction) -> list[FailingDelivery]:
    """Return the failing deliveries by kind and client. Read only."""
    return [FailingDelivery(row.kind, row.client_id, row.waiting, row.oldest, row.fault) for row in tx.execute(FAILING)]


def given_up(tx: Transaction, kinds: Collection[str]) -> list[tuple[str, int, datetime]]:
    """Return the clients that were not told something of these kinds within the retention of messages: how often, and
    since when. Read only."""
    return [(row.client_id, row.lost, row.oldest) for row in tx.execute(GIVEN_UP, {"kinds": list(kinds)})]


def take_given_up(tx: Transaction, kind: str, client_id: str, *, limit: int) -> list[str]:
    """Delete the oldest deliveries to this client that were given up, and return what each was about, if it says so.

    Of two who take at the same moment each gets others.
    """
    asked = {"of_kind": kind, "client": client_id, "count": limit}
    return list(tx.execute(TAKE_GIVEN_UP, asked).scalars())


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the mails and SMS to an erased person, sent or not; logout calls still reach the portals."""
    to_them = OutboxRow.kind.in_(("email", "sms"))
    tx.execute(sa.delete(OutboxRow).where(OutboxRow.person_id == person_id, to_them))


def forget_contacts(tx: Transaction, kind: str, person_id: str) -> None:
    """Delete the calls of this kind that hold contact data of an erased person, made or not."""
    holding = (OutboxRow.kind == kind, OutboxRow.about == HOLDS_CONTACTS)
    tx.execute(sa.delete(OutboxRow).where(OutboxRow.person_id == person_id, *holding))


def _check(message: Message) -> None:
    entry = CATALOGUE.get(message.template)
    if entry is None or message.kind not in entry.kinds:
        raise ValueError(f"the catalogue has no {message.kind} {message.template!r}")
    if set(message.values) != entry.values:
        difference = sorted(set(message.values) ^ entry.values)
        raise ValueError(f"{message.template}: the values do not match the catalogue: {', '.join(difference)}")
    if not recipient.is_deliverable(message.kind, message.to):
        raise ValueError(f"{message.template}: not a recipient of {message.kind}")


def _insert(
    tx: Transaction,
    *,
    lane: Lane,
    kind: str,
    payload: Mapping[str, object],
    expires_at: datetime | None,
    due_at: datetime | None = None,
    **rest: object,
) -> str:
    row_id = random_values.new_id(tx.now)
    due_at = due_at or tx.shared.now
    row = {
        "id": row_id,
        "kind": kind,
        "lane": lane,
        "payload": tx.sealer.seal(SEALED, msgspec.msgpack.encode(payload), context=row_id),
        "attempts": 0,
        "created_at": due_at,
        "due_at": due_at,
        "expires_at": expires_at or due_at + LIFETIMES[lane],
        "lease": "",
        "done_at": None,
        "outcome": "",
        "fault": "",
        **rest,
    }
    if tx.run(INSERT[tx.dialect], row).first() is None:
        return ""
    tx.tell(MessageQueued(row_id, kind, lane))
    return row_id
