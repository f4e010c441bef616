"""Tells the database which clients the files describe, so that every process and node agrees within seconds.

A client whose file is gone is remembered as disappeared: nodes that still have the file stop serving it at once. What
it held ends only after a grace (`overdue`), for a file may be gone for a moment: a mount that comes late, a copy half
done. A file that comes back enables the client again, with nothing of what was ended. Of two nodes with different files
the one that read its files last is right, however often either calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.clients import ClientAppeared, ClientDisappeared
from idp.audit.log import record
from idp.clients.registry import Registry
from idp.database import Base, Database, Transaction, UTCDateTime
from idp.statements import insert_if_absent

ONLY = "clients"


class RegistryVersion(Base):
    """One row: the version of the registry that was reconciled last, and when its node read the files."""

    __tablename__ = "registry_versions"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    read_at: Mapped[datetime]


class KnownClient(Base):
    """A client that has, or had, a file. `ended_at`: when it lost what it held, after its file had disappeared."""

    __tablename__ = "known_clients"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    appeared_at: Mapped[datetime]
    disappeared_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Reconciliation:
    """The ids of the clients that changed."""

    appeared: tuple[str, ...] = ()
    disappeared: tuple[str, ...] = ()


REMEMBER = insert_if_absent(RegistryVersion)
ADVANCE = (
    sa.update(RegistryVersion)
    .where(
        RegistryVersion.id == ONLY,
        RegistryVersion.version != sa.bindparam("new"),
        sa.or_(RegistryVersion.version == "", RegistryVersion.read_at < sa.bindparam("read")),
    )
    .values(version=sa.bindparam("new"), read_at=sa.bindparam("read"))
)
KNOWN = sa.select(KnownClient.client_id, KnownClient.disappeared_at)
DISAPPEARED = sa.select(KnownClient.client_id).where(KnownClient.disappeared_at.is_not(None))
INSERT = sa.insert(KnownClient)
MARK = (
    sa.update(KnownClient)
    .where(KnownClient.client_id == sa.bindparam("gone"))
    .values(disappeared_at=sa.bindparam("now"))
)
RETURN = (
    sa.update(KnownClient)
    .where(KnownClient.client_id == sa.bindparam("back"))
    .values(appeared_at=sa.bindparam("now"), disappeared_at=None, ended_at=None)
)
MISSING = sa.select(KnownClient.client_id, KnownClient.disappeared_at).where(
    KnownClient.disappeared_at.is_not(None), KnownClient.ended_at.is_(None)
)
KEEPS = sa.select(KnownClient.client_id).where(
    KnownClient.client_id == sa.bindparam("named"), KnownClient.ended_at.is_(None)
)
OVERDUE = (
    sa.select(KnownClient.client_id)
    .where(KnownClient.disappeared_at <= sa.bindparam("before", type_=UTCDateTime), KnownClient.ended_at.is_(None))
    .order_by(KnownClient.client_id)
)
STILL_OVERDUE = OVERDUE.where(KnownClient.client_id == sa.bindparam("gone")).with_for_update()
END = (
    sa.update(KnownClient)
    .where(KnownClient.client_id == sa.bindparam("gone"))
    .values(ended_at=sa.bindparam("now", type_=UTCDateTime))
)


def reconcile(tx: Transaction, registry: Registry) -> Reconciliation:
    """Record this registry; the answer names each change once, even if others reconcile at the same time.

    A registry without any client changes nothing: an empty folder is a failed mount before it is a decision.
    """
    if not registry.described:
        return Reconciliation()
    read = registry.read_at or tx.now
    tx.execute(REMEMBER, {"id": ONLY, "version": "", "read_at": read})
    if tx.execute(ADVANCE, {"new": registry.version, "read": read}).rowcount == 0:
        return Reconciliation()
    known = {row.client_id: row.disappeared_at for row in tx.execute(KNOWN)}
    new = sorted(registry.described - known.keys())
    back = sorted(name for name in registry.described & known.keys() if known[name] is not None)
    gone = sorted(name for name in known.keys() - registry.described if known[name] is None)
    for name in new:
        tx.execute(INSERT, {"client_id": name, "appeared_at": tx.now, "disappeared_at": None, "ended_at": None})
    for name in back:
        tx.execute(RETURN, {"back": name, "now": tx.now})
    for name in gone:
        tx.execute(MARK, {"gone": name, "now": tx.now})
        record(tx, ClientDisappeared(client_id=name, version=registry.version))
    for name in (*new, *back):
        record(tx, ClientAppeared(client_id=name, version=registry.version))
    return Reconciliation(appeared=(*new, *back), disappeared=tuple(gone))


def disappeared(database: Database) -> frozenset[str]:
    """Return the clients whose file is gone, as far as the database knows: `LiveRegistry` asks at each look."""
    with database.reading() as tx:
        return frozenset(tx.execute(DISAPPEARED).scalars())


def missing(tx: Transaction) -> dict[str, datetime]:
    """Return the clients whose file is gone and who still hold what they held, and since when. Reads only."""
    return {row.client_id: row.disappeared_at for row in tx.execute(MISSING)}


def keeps_its_place(tx: Transaction, client_id: str) -> bool:
    """Return whether this client has, or had, a file, and still holds what it held. Reads only."""
    return tx.execute(KEEPS, {"named": client_id}).first() is not None


def overdue(tx: Transaction, grace: timedelta) -> Sequence[str]:
    """Return the clients whose grace is over, and who still hold what they held. Reads only."""
    return tx.execute(OVERDUE, {"before": tx.now - grace}).scalars().all()


def is_overdue(tx: Transaction, client_id: str, grace: timedelta) -> bool:
    """Return whether this is still so; nobody else ends what the client holds before this transaction is over."""
    return tx.execute(STILL_OVERDUE, {"gone": client_id, "before": tx.now - grace}).first() is not None


def note_end(tx: Transaction, client_id: str) -> None:
    """Note that the client holds nothing any more."""
    tx.execute(END, {"gone": client_id, "now": tx.now})
