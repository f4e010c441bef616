"""Events that wait here until their receiver fetches them, resumes its stream, or asks for a web-hook again.

Bounded by time: each is deleted a week after it happened, fetched or not.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.statements import insert_if_absent

Channel = Literal["stream", "webhook"]
STREAM: Channel = "stream"
WEBHOOK: Channel = "webhook"

LIFETIME = timedelta(days=7)
SEAL = "event"
HAS_CONTACTS = sa.text("contacts_of <> ''")


class KeptEvent(Base):
    """One event for one client. `id` is what the receiver dedupes by; `content` is sealed.

    `contacts_of`: the person whose address or number is in the content; mostly nobody.
    """

    __tablename__ = "kept_events"
    __table_args__ = (
        sa.Index("ix_kept_events_client_id", "client_id", "channel", "id"),
        sa.Index("ix_kept_events_expires_at", "expires_at"),
        sa.Index("ix_kept_events_contacts_of", "contacts_of", sqlite_where=HAS_CONTACTS, postgresql_where=HAS_CONTACTS),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    channel: Mapped[str]
    name: Mapped[str]
    content: Mapped[str]
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    contacts_of: Mapped[str] = mapped_column(default="", server_default="")


@dataclass(frozen=True)
class Kept:
    """An event as it was kept; `content` is what its delivery sends, with contact data of `contacts_of`."""

    id: str
    name: str
    content: Mapping[str, object]
    at: datetime
    contacts_of: str = ""


KEEP = insert_if_absent(KeptEvent)
OF_ONE = (
    KeptEvent.client_id == sa.bindparam("client", type_=sa.Text),
    KeptEvent.channel == sa.bindparam("of_channel", type_=sa.Text),
    KeptEvent.id > sa.bindparam("after", type_=sa.Text),
)
OF_CLIENT = (
    sa.select(KeptEvent.__table__).where(*OF_ONE).order_by(KeptEvent.id).limit(sa.bindparam("count", type_=sa.Integer))
)
SINCE = (
    sa.select(KeptEvent.id)
    .where(*OF_ONE, KeptEvent.at >= sa.bindparam("since", type_=KeptEvent.at.type))
    .order_by(KeptEvent.id)
    .limit(sa.bindparam("count", type_=sa.Integer))
)
OF_PERSON = sa.select(KeptEvent.__table__).where(
    KeptEvent.contacts_of == sa.bindparam("person", type_=sa.Text),
    HAS_CONTACTS,
    KeptEvent.channel == sa.bindparam("of_channel", type_=sa.Text),
)
REWRITE = (
    sa.update(KeptEvent)
    .where(KeptEvent.id == sa.bindparam("event"))
    .values(content=sa.bindparam("sealed"), contacts_of="")
)
OLDEST = (
    sa.select(KeptEvent.client_id, sa.func.count().label("waiting"), sa.func.min(KeptEvent.at).label("oldest"))
    .where(KeptEvent.channel == STREAM)
    .group_by(KeptEvent.client_id)
)


def new_id(tx: Transaction) -> str:
    """Return the identifier of a new event."""
    return random_values.new_id(tx.now)


def keep(
    tx: Transaction,
    event_id: str,
    client_id: str,
    channel: Channel,
    content: Mapping[str, object],
    *,
    contacts_of: str = "",
) -> None:
    """Keep the event for this client; one that is kept already stays as it is.

    `contacts_of`: the person whose address or number is in the content.
    """
    row = {
        "id": event_id,
        "client_id": client_id,
        "channel": channel,
        "name": str(content.get("name", "")),
        "content": _sealed(tx, event_id, content),
        "at": tx.now,
        "expires_at": tx.now + LIFETIME,
        "contacts_of": contacts_of,
    }
    tx.execute(KEEP, row)


def of_client(tx: Transaction, client_id: str, channel: Channel, *, after: str = "", limit: int) -> Sequence[Kept]:
    """Return what is kept for this client, oldest first, behind the event with id `after`. Reads only."""
    asked = {"client": client_id, "of_channel": channel, "after": after, "count": limit}
    return [_opened(tx, row) for row in tx.execute(OF_CLIENT, asked)]


def ids_since(
    tx: Transaction, client_id: str, channel: Channel, since: datetime, *, after: str, limit: int
) -> Sequence[str]:
    """Return the ids of what is kept for this client since then, oldest first, behind the id `after`. Reads only."""
    asked = {"client": client_id, "of_channel": channel, "since": since, "after": after, "count": limit}
    return tx.execute(SINCE, asked).scalars().all()


def find(tx: Transaction, client_id: str, channel: Channel, event_id: str) -> Kept | None:
    """Return one event of this client. Reads only."""
    this = (KeptEvent.id == event_id, KeptEvent.client_id == client_id, KeptEvent.channel == channel)
    row = tx.execute(sa.select(KeptEvent.__table__).where(*this)).first()
    return _opened(tx, row) if row is not None else None


def release(tx: Transaction, client_id: str, channel: Channel, ids: Collection[str] | None = None) -> int:
    """Delete these events of the client, all without `ids`; how many there were."""
    theirs = [KeptEvent.client_id == client_id, KeptEvent.channel == channel]
    if ids is not None:
        theirs.append(KeptEvent.id.in_(ids))
    return tx.execute(sa.delete(KeptEvent).where(*theirs)).rowcount


def with_contacts_of(tx: Transaction, person_id: str, channel: Channel) -> Sequence[Kept]:
    """Return the events whose content holds contact data of this person. Reads only."""
    return [_opened(tx, row) for row in tx.execute(OF_PERSON, {"person": person_id, "of_channel": channel})]


def rewrite(tx: Transaction, event_id: str, content: Mapping[str, object]) -> None:
    """Replace the content of an event by one without contact data."""
    tx.execute(REWRITE, {"event": event_id, "sealed": _sealed(tx, event_id, content)})


def forget(tx: Transaction, person_id: str, channel: Channel) -> None:
    """Delete the events whose content holds contact data of this person."""
    theirs = (KeptEvent.contacts_of == person_id, HAS_CONTACTS, KeptEvent.channel == channel)
    tx.execute(sa.delete(KeptEvent).where(*theirs))


def waiting(tx: Transaction) -> Mapping[str, tuple[int, datetime]]:
    """Return how many security events wait for each client, and since when the oldest does. Reads only."""
    return {row.client_id: (row.waiting, row.oldest) for row in tx.execute(OLDEST)}


def _sealed(tx: Transaction, event_id: str, content: Mapping[str, object]) -> str:
    return tx.sealer.seal(SEAL, msgspec.json.encode(content), context=event_id)


def _opened(tx: Transaction, row: sa.Row[Any]) -> Kept:
    content = msgspec.json.decode(tx.sealer.open(SEAL, row.content, context=row.id))
    return Kept(row.id, row.name, content, row.at, row.contacts_of)
