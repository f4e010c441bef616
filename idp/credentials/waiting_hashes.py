"""The kinds of imported hashes that wait for their owners: every password check costs as much as theirs.

Imports note the kinds they bring; the worker finds what waits in the rows themselves, and forgets what does not any
more. Each process asks at most once a minute.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.clock import Clock
from idp.credentials import hasher, imported_hashes
from idp.credentials.efforts import Effort
from idp.credentials.passwords import Password
from idp.database import Base, Database, Transaction
from idp.statements import upsert

FRESH = timedelta(minutes=1)
CHUNK = 1000


class WaitingHash(Base):
    """One group of imported hashes (`efforts.Effort`) and a cost that occurs in it."""

    __tablename__ = "waiting_hashes"

    effort: Mapped[str] = mapped_column(primary_key=True)
    noted_at: Mapped[datetime]


TABLE = WaitingHash.__table__
NOTE = upsert(WaitingHash, ["effort"], ["noted_at"])
IMPORTED = (
    sa.select(Password.person_id, Password.hash)
    .where(
        sa.or_(Password.hash.startswith(f"{imported_hashes.PREFIX}:"), Password.hash.startswith(f"{hasher.WRAPPED}:")),
        Password.person_id > sa.bindparam("after"),
    )
    .order_by(Password.person_id)
    .limit(CHUNK)
)


def written(effort: Effort) -> str:
    """Return an effort as the table holds it: `bcrypt=12`."""
    return f"{effort.group}={effort.level}"


def effort_of(stored: str) -> Effort:
    """Return how much work one check of a stored form is, in addition to the Argon2id of every check."""
    kind, _, rest = stored.partition(":")
    if kind == hasher.WRAPPED:
        _, scheme, salt, _ = rest.split(":", 3)
        return imported_hashes.effort_of_wrapped(scheme, salt)
    return imported_hashes.effort_of(stored)


def note(tx: Transaction, efforts: Iterable[str]) -> None:
    """Remember that hashes of these efforts (`written`) wait."""
    rows = [{"effort": effort, "noted_at": tx.now} for effort in sorted(set(efforts))]
    if rows:
        tx.execute(NOTE, rows)


def forget(tx: Transaction, *, but: Iterable[str], noted_before: datetime) -> int:
    """Forget what was noted before this moment and waits no more; an import of the meantime stays."""
    gone = sa.delete(WaitingHash).where(WaitingHash.noted_at < noted_before, WaitingHash.effort.not_in(list(but)))
    return int(tx.execute(gone).rowcount)


def of_people(tx: Transaction) -> Iterator[str]:
    """Yield the efforts of the imported passwords of people, as they are read."""
    after = ""
    while rows := tx.execute(IMPORTED, {"after": after}).all():
        yield from (written(effort_of(row.hash)) for row in rows)
        after = rows[-1].person_id


class WaitingHashes:
    """The waiting hashes, as this process last read them, at most a minute ago."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._until: datetime | None = None
        self._seen: Mapping[str, int] = {}

    def __call__(self) -> Mapping[str, int]:
        """Return the highest level of each group."""
        now = self._clock.now()
        with self._lock:
            if self._until is not None and now < self._until:
                return self._seen
            self._until = now + FRESH
        self._seen = self._read()
        return self._seen

    def _read(self) -> Mapping[str, int]:
        highest: dict[str, int] = {}
        with self._database.reading() as tx:
            for effort in tx.execute(sa.select(TABLE.c.effort)).scalars():
                group, _, level = effort.rpartition("=")
                highest[group] = max(highest.get(group, 0), int(level))
        return highest
