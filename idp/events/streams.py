"""The stream of security events to one client (Shared Signals Framework 1.0 §8.1).

The client's file says which events it may have and how they are delivered; a row holds what the receiver decided about
them: fewer events, a pause, a person left out. A stream begins when the worker sees it in the file.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.database import Base, Transaction, UTCDateTime
from idp.events import kept_events
from idp.statements import insert_if_absent

Status = Literal["enabled", "paused", "disabled"]
ENABLED, PAUSED, DISABLED = "enabled", "paused", "disabled"

MIN_VERIFICATION_INTERVAL = timedelta(seconds=60)


class EventStreamRow(Base):
    """`requested` are the event types (URIs) that the receiver asked for; empty: all that its file allows.

    `endpoint` is the address that was verified last, empty for one that polls. A deleted row stays, so that the worker
    does not begin the stream again.
    """

    __tablename__ = "event_streams"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    reason: Mapped[str]
    requested: Mapped[list[str]]
    description: Mapped[str]
    endpoint: Mapped[str]
    started_at: Mapped[datetime]
    verification_asked_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class StreamExclusion(Base):
    """A person whose events a receiver does not want."""

    __tablename__ = "event_stream_exclusions"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(primary_key=True)


@dataclass(frozen=True)
class Stream:
    """A live stream, as its receiver left it."""

    client_id: str
    stream_id: str
    status: Status
    reason: str
    requested: Sequence[str]
    description: str
    endpoint: str

    @property
    def holds(self) -> bool:
        """Return whether events wait for the receiver here: it polls, or has paused the stream."""
        return not self.endpoint or self.status == PAUSED


LIVE = sa.select(
    EventStreamRow.client_id,
    EventStreamRow.stream_id,
    EventStreamRow.status,
    EventStreamRow.reason,
    EventStreamRow.requested,
    EventStreamRow.description,
    EventStreamRow.endpoint,
).where(EventStreamRow.deleted_at.is_(None))
OF_CLIENT = LIVE.where(EventStreamRow.client_id == sa.bindparam("client", type_=sa.Text))
OF_CLIENTS = LIVE.where(EventStreamRow.client_id.in_(sa.bindparam("clients", expanding=True)))
EVERY = sa.select(EventStreamRow.client_id, EventStreamRow.endpoint, EventStreamRow.deleted_at)
BEGIN = insert_if_absent(EventStreamRow, ["client_id"]).returning(EventStreamRow.client_id)
THE_ROW = EventStreamRow.client_id == sa.bindparam("client", type_=sa.Text)
ASK_VERIFICATION = (
    sa.update(EventStreamRow)
    .where(
        THE_ROW,
        EventStreamRow.deleted_at.is_(None),
        sa.or_(
            EventStreamRow.verification_asked_at.is_(None),
            EventStreamRow.verification_asked_at <= sa.bindparam("before", type_=UTCDateTime),
        ),
    )
    .values(verification_asked_at=sa.bindparam("now", type_=UTCDateTime))
)
EXCLUDE = insert_if_absent(StreamExclusion)
EXCLUDED = sa.select(StreamExclusion.client_id).where(
    StreamExclusion.person_id == sa.bindparam("person", type_=sa.Text),
    StreamExclusion.client_id.in_(sa.bindparam("clients", expanding=True)),
)


def follow(tx: Transaction, registry: Registry) -> list[Stream]:
    """Begin the streams that files describe, and forget those that a file describes no more.

    Returns the streams that push to an address for the first time: the caller has it verified.
    """
    known = {row.client_id: row for row in tx.execute(EVERY)}
    to_verify = []
    for client in registry.clients:
        row = known.get(client.client_id)
        if client.events is None:
            if row is not None:
                forget(tx, client.client_id)
        elif row is None:
            if begin(tx, client):
                to_verify.append(client.client_id)
        elif row.deleted_at is None and row.endpoint != client.events.endpoint:
            change(tx, client.client_id, endpoint=client.events.endpoint)
            to_verify.append(client.client_id)
    return [stream for client_id in to_verify if (stream := find(tx, client_id)) is not None and stream.endpoint]


def begin(tx: Transaction, client: Client, *, requested: Sequence[str] = (), description: str = "") -> bool:
    """Begin the stream of this client. False: there is one; only a deleted one can begin anew."""
    row = {
        "client_id": client.client_id,
        "stream_id": random_values.token(16),
        "status": ENABLED,
        "reason": "",
        "requested": list(requested),
        "description": description,
        "endpoint": client.events.endpoint if client.events is not None else "",
        "started_at": tx.now,
        "verification_asked_at": None,
        "deleted_at": None,
    }
    if tx.execute(BEGIN, row).first() is not None:
        return True
    deleted = sa.update(EventStreamRow).where(THE_ROW, EventStreamRow.deleted_at.is_not(None))
    return tx.execute(deleted.values(row), {"client": client.client_id}).rowcount == 1


def find(tx: Transaction, client_id: str) -> Stream | None:
    """Return the live stream of this client. Reads only."""
    row = tx.execute(OF_CLIENT, {"client": client_id}).first()
    return Stream(**row._mapping) if row is not None else None


def live(tx: Transaction, clients: Collection[str]) -> list[Stream]:
    """Return the streams of these clients that take events now or later. Reads only."""
    found = (Stream(**row._mapping) for row in tx.execute(OF_CLIENTS, {"clients": list(clients)}))
    return [stream for stream in found if stream.status != DISABLED]


def change(tx: Transaction, client_id: str, **values: object) -> None:
    """Set what the receiver may decide: `requested`, `description`, or `status` with its `reason`."""
    tx.execute(sa.update(EventStreamRow).where(THE_ROW).values(values), {"client": client_id})


def delete(tx: Transaction, client_id: str) -> None:
    """End the stream at its receiver's wish; what it left out is forgotten."""
    tx.execute(sa.update(EventStreamRow).where(THE_ROW).values(deleted_at=tx.now), {"client": client_id})
    tx.execute(sa.delete(StreamExclusion).where(StreamExclusion.client_id == client_id))


def forget(tx: Transaction, client_id: str) -> None:
    """Forget everything about the stream, with the events that wait: its file describes none any more."""
    kept_events.release(tx, client_id, kept_events.STREAM)
    tx.execute(sa.delete(EventStreamRow).where(EventStreamRow.client_id == client_id))
    tx.execute(sa.delete(StreamExclusion).where(StreamExclusion.client_id == client_id))


def ask_verification(tx: Transaction, client_id: str) -> bool:
    """Note a request for a verification event. False: the last one was less than a minute ago."""
    asked = {"client": client_id, "now": tx.now, "before": tx.now - MIN_VERIFICATION_INTERVAL}
    return tx.execute(ASK_VERIFICATION, asked).rowcount == 1


def exclude(tx: Transaction, client_id: str, person_id: str) -> None:
    """Send no events about this person."""
    tx.execute(EXCLUDE, {"client_id": client_id, "person_id": person_id})


def include(tx: Transaction, client_id: str, person_id: str) -> None:
    """Send events about this person again."""
    theirs = (StreamExclusion.client_id == client_id, StreamExclusion.person_id == person_id)
    tx.execute(sa.delete(StreamExclusion).where(*theirs))


def forget_person(tx: Transaction, person_id: str) -> None:
    """Forget that receivers left out a person who is erased."""
    tx.execute(sa.delete(StreamExclusion).where(StreamExclusion.person_id == person_id))


def excluding(tx: Transaction, person_id: str, clients: Collection[str]) -> set[str]:
    """Return which of these clients want no events about this person. Reads only."""
    return set(tx.execute(EXCLUDED, {"person": person_id, "clients": list(clients)}).scalars())
