"""Named limits: debited before the work, in the caller's own short transaction, and refunded on success.

- A limit allows `times` hits in any `window` (sliding, exact). After `delay_after` hits the next one has to wait
  `delay`, doubling with each further hit, at most the window (NIST SP 800-63B-4 §3.2.2).
- A refused debit is not counted: a person who waits until `retry_at` gets through.
- A network is counted twice: by itself, and with its neighbours, who together may do `WIDER` times as much.
- Hits are counted by a keyed digest of the keys; the table holds no identifier, address or number.

A row keeps the times of its hits, at most `times` of them, and is locked while it is read and written, so that
parallel debits are counted one after the other. Rotating the digest key starts the counts again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from idp.clock import from_timestamp
from idp.database import Base, Transaction
from idp.limits import networks
from idp.settings import Limit
from idp.statements import insert_if_absent

log = structlog.get_logger()

WIDER = 10
"""How many times more a wider network (/24, /48) may do than a single one: many people share it."""


class RateLimit(Base):
    """The hits of one limit and one set of keys, as milliseconds since the epoch, oldest first."""

    __tablename__ = "rate_limits"
    __table_args__ = (sa.Index("ix_rate_limits_expires_at", "expires_at"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    hits: Mapped[list[int]] = mapped_column(sa.JSON)
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class Allowance:
    """The hit was counted; `left` more are allowed in the current window."""

    left: int


@dataclass(frozen=True)
class LimitHit:
    """Not counted; the next hit can be allowed at `retry_at` at the earliest."""

    retry_at: datetime


THE_ROW = RateLimit.digest == sa.bindparam("row", type_=sa.Text)
LOOK = sa.select(RateLimit.hits).where(THE_ROW)
LOCK = LOOK.with_for_update()
UPDATE = sa.update(RateLimit).where(THE_ROW)
DELETE = sa.delete(RateLimit).where(THE_ROW)
INSERT_IF_ABSENT = insert_if_absent(RateLimit)


@dataclass(frozen=True)
class _Count:
    """The counter of one row."""

    limit: Limit
    name: str
    keys: tuple[str, ...]
    decoy: bool = False
    """Read, judged and written like any other, but the hit is not kept."""


class Limiter:
    """The limits of this process by name. An unknown name is a bug (`KeyError`)."""

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        self._limits = dict(limits)

    def debit(self, tx: Transaction, name: str, *keys: str) -> Allowance | LimitHit:
        """Count one hit of `keys` against the limit, or refuse it."""
        return self.debit_all(tx, ((name, *keys),))

    def debit_all(
        self, tx: Transaction, hits: Sequence[Sequence[str]], *, decoys: Sequence[Sequence[str]] = ()
    ) -> Allowance | LimitHit:
        """Count every hit, each a limit's name and its keys, or none if one limit refuses.

        `decoys` can refuse and take the same statements, but count nothing.
        """
        counts = [self._count(name, keys) for name, *keys in hits]
        return _debit(tx, [*counts, *(replace(self._count(name, keys), decoy=True) for name, *keys in decoys)])

    def debit_network(self, tx: Transaction, name: str, address: str, *keys: str) -> Allowance | LimitHit:
        """Count one hit of the sender's network and of the wider one around it, or of neither if one refuses."""
        return _debit(tx, self._of_network(name, address, keys))

    def network_used_up(self, tx: Transaction, name: str, address: str, *keys: str) -> LimitHit | None:
        """Return the refusal that the next `debit_network` would meet, if any. Reads only, counts nothing."""
        opens = max(
            next_allowed(count.limit, _recent(tx, count, tx.execute(LOOK, {"row": _row(tx, count)}).scalar() or []))
            for count in self._of_network(name, address, keys)
        )
        return _refused(tx, name, opens) if opens > _milliseconds(tx.now) else None

    def used(self, tx: Transaction, name: str, *keys: str) -> int:
        """Return how many hits count at present. Reads only."""
        count = self._count(name, keys)
        return len(_recent(tx, count, tx.execute(LOOK, {"row": _row(tx, count)}).scalar() or []))

    def refuses_until(self, tx: Transaction, name: str, *keys: str) -> datetime | None:
        """Return when the next hit can be allowed; None: now. Reads only."""
        count = self._count(name, keys)
        hits = _recent(tx, count, tx.execute(LOOK, {"row": _row(tx, count)}).scalar() or [])
        opens = next_allowed(count.limit, hits)
        return from_timestamp(opens / 1000) if opens > _milliseconds(tx.now) else None

    def times(self, name: str) -> int:
        """Return how many hits the limit allows in its window."""
        return self._limits[name].times

    def _count(self, name: str, keys: Sequence[str]) -> _Count:
        return _Count(self._limits[name], name, tuple(keys))

    def window(self, name: str) -> timedelta:
        """Return how long a hit of this limit counts."""
        return timedelta(seconds=self._limits[name].window)

    def _of_network(self, name: str, address: str, keys: tuple[str, ...]) -> list[_Count]:
        limit = self._limits[name]
        wider = msgspec.structs.replace(limit, times=limit.times * WIDER, delay_after=limit.delay_after * WIDER)
        near, around = (*keys, networks.network_of(address)), (*keys, networks.around(address))
        return [_Count(limit, name, near), _Count(wider, name, around)]


def _debit(tx: Transaction, counts: Sequence[_Count]) -> Allowance | LimitHit:
    now = _milliseconds(tx.now)
    counted = [(count, _locked(tx, count)) for count in counts]
    opens, name = max((next_allowed(count.limit, hits), count.name) for count, hits in counted)
    if opens > now:
        return _refused(tx, name, opens)
    for count, hits in counted:
        _store(tx, count, hits if count.decoy else sorted([*hits, now]))
    return Allowance(min(count.limit.times - len(hits) - 1 for count, hits in counted))


def _refused(tx: Transaction, name: str, opens: int) -> LimitHit:
    """Return the refusal, with a line in the log that names limit and client, and nobody."""
    client = {"client": tx.origin.client_id} if tx.origin.client_id else {}
    log.warning("limit_refused", limit=name, **client)
    return LimitHit(from_timestamp(opens / 1000))


def _locked(tx: Transaction, count: _Count) -> list[int]:
    """Return the hits that still count; nobody else reads or writes them until this transaction ends."""
    digest = _row(tx, count)
    hits = tx.execute(LOCK, {"row": digest}).scalar()
    if hits is None:
        empty = {"digest": digest, "name": count.name, "hits": [], "expires_at": tx.now}
        if tx.execute(INSERT_IF_ABSENT, empty).rowcount == 1:
            return []  # a row that nobody else can see yet is as good as locked
        hits = tx.execute(LOCK, {"row": digest}).scalar_one()
    return _recent(tx, count, hits)


def _recent(tx: Transaction, count: _Count, hits: Sequence[int]) -> list[int]:
    begin = _milliseconds(tx.now - timedelta(seconds=count.limit.window))
    return [hit for hit in hits if hit > begin]


def _store(tx: Transaction, count: _Count, hits: list[int]) -> None:
    expires_at = tx.now + timedelta(seconds=count.limit.window)
    tx.execute(UPDATE, {"row": _row(tx, count), "hits": hits, "expires_at": expires_at})


def _row(tx: Transaction, count: _Count) -> str:
    return _digest(tx, count.name, count.keys)


def next_allowed(limit: Limit, hits: Sequence[int]) -> int:
    """Return when the next hit is allowed, in milliseconds; `hits` are those of the window, oldest first."""
    moments = [0]
    if len(hits) >= limit.times:
        moments.append(hits[-limit.times] + limit.window * 1000)
    if limit.delay_after and len(hits) >= limit.delay_after:
        wait = min(limit.delay << (len(hits) - limit.delay_after), limit.window)
        moments.append(hits[-1] + wait * 1000)
    return max(moments)


def refund(tx: Transaction, name: str, *keys: str) -> None:
    """Give the newest hit back: the work succeeded, or was never done."""
    digest = _digest(tx, name, keys)
    hits = tx.execute(LOCK, {"row": digest}).scalar()
    if hits:
        tx.execute(UPDATE, {"row": digest, "hits": hits[:-1]})


def refund_network(tx: Transaction, name: str, address: str, *keys: str) -> None:
    """As `refund`, for what `debit_network` counted."""
    for network in (networks.network_of(address), networks.around(address)):
        refund(tx, name, *keys, network)


def reset(tx: Transaction, name: str, *keys: str) -> None:
    """Forget every hit of these keys."""
    tx.execute(DELETE, {"row": _digest(tx, name, keys)})


def _digest(tx: Transaction, name: str, keys: Sequence[str]) -> str:
    return tx.sealer.digest("limit", name, *keys)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
