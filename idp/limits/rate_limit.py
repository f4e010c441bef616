"""Named limits: debited before the work, in the caller's own short transaction, and refunded on success.

- A limit allows `times` hits in any `window` (sliding, exact). After `delay_after` hits the next one has to wait
  `delay`, doubling with each further hit, at most the window (NIST SP 800-63B-4 §3.2.2).
- A refused debit is not counted: a person who waits until `retry_at` gets through.
- A network is counted twice: by itself, and with its neighbours, who together may do `WIDER` times as much.
- Hits are counted by a keyed digest of the keys; the table holds no identifier, address or number.

A row (`counts`) keeps the times of its hits, at most `times` of them, and is locked while it is read and written, so
that parallel debits are counted one after the other. However many limits a debit concerns, it takes two statements, a
refund and a reset take one. Rotating the digest key starts the counts again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import structlog

from idp.clock import from_timestamp
from idp.database import Transaction
from idp.limits import counts, networks
from idp.limits.counts import StoredHits
from idp.settings import Limit

log = structlog.get_logger()

WIDER = 10
"""How many times more a wider network (/24, /48) may do than a single one: many people share it."""


@dataclass(frozen=True)
class Allowance:
    """The hit was counted; `left` more are allowed in the current window."""

    left: int


@dataclass(frozen=True)
class LimitHit:
    """Not counted; the next hit can be allowed at `retry_at` at the earliest."""

    retry_at: datetime


@dataclass(frozen=True)
class Hit:
    """One hit to be counted: by its keys, or with a `network` (an address) in that network and the one around it.

    `stops`: where hits are debited in turn, the refusal of this one ends the turn.
    """

    name: str
    keys: tuple[str, ...] = ()
    network: str = ""
    stops: bool = True


@dataclass(frozen=True)
class _Count:
    """The counter of one row."""

    limit: Limit
    name: str
    row: str
    decoy: bool = False
    """Read, judged and written like any other, but the hit is not kept."""


@dataclass(frozen=True)
class _Together:
    """Counts of which a refused one refuses all."""

    counts: Sequence[_Count]
    stops: bool = True


@dataclass(frozen=True)
class _Judgement:
    """The answer to a debit: the hits that are left, or when the limit of that name opens."""

    left: int = 0
    opens: int = 0
    name: str = ""


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
        real = [self._count(tx, name, keys) for name, *keys in hits]
        false = [self._count(tx, name, keys, decoy=True) for name, *keys in decoys]
        return _debit(tx, [_Together([*real, *false])])[0]

    def debit_in_turn(self, tx: Transaction, hits: Sequence[Hit]) -> list[Allowance | LimitHit]:
        """Count each hit by itself or refuse it; after a refused one that stops, no other is looked at."""
        return _debit(tx, [_Together(self._counts(tx, hit), hit.stops) for hit in hits])

    def debit_network(self, tx: Transaction, name: str, address: str, *keys: str) -> Allowance | LimitHit:
        """Count one hit of the sender's network and of the wider one around it, or of neither if one refuses."""
        return _debit(tx, [_Together(self._of_network(tx, name, address, keys))])[0]

    def network_used_up(self, tx: Transaction, name: str, address: str, *keys: str) -> LimitHit | None:
        """Return the refusal that the next `debit_network` would meet, if any. Reads only, counts nothing."""
        asked = self._of_network(tx, name, address, keys)
        stored = counts.look(tx, [count.row for count in asked])
        opens = max(next_allowed(count.limit, _recent(tx, count, stored.get(count.row, ()))) for count in asked)
        return _refused(tx, name, opens) if opens > _milliseconds(tx.now) else None

    def used(self, tx: Transaction, name: str, *keys: str) -> int:
        """Return how many hits count at present. Reads only."""
        count = self._count(tx, name, keys)
        return len(_recent(tx, count, counts.look(tx, [count.row]).get(count.row, ())))

    def refuse_until(self, tx: Transaction, asked: Sequence[tuple[str, str]]) -> list[datetime | None]:
        """Return when each limit allows the next hit of its key, in one look; None: now. Reads only."""
        wanted = [self._count(tx, name, (key,)) for name, key in asked]
        stored = counts.look(tx, [count.row for count in wanted])
        opens = [next_allowed(count.limit, _recent(tx, count, stored.get(count.row, ()))) for count in wanted]
        return [from_timestamp(each / 1000) if each > _milliseconds(tx.now) else None for each in opens]

    def times(self, name: str) -> int:
        """Return how many hits the limit allows in its window."""
        return self._limits[name].times

    def window(self, name: str) -> timedelta:
        """Return how long a hit of this limit counts."""
        return timedelta(seconds=self._limits[name].window)

    def _counts(self, tx: Transaction, hit: Hit) -> list[_Count]:
        if hit.network:
            return self._of_network(tx, hit.name, hit.network, hit.keys)
        return [self._count(tx, hit.name, hit.keys)]

    def _count(self, tx: Transaction, name: str, keys: Sequence[str], *, decoy: bool = False) -> _Count:
        return _Count(self._limits[name], name, _digest(tx, name, keys), decoy)

    def _of_network(self, tx: Transaction, name: str, address: str, keys: tuple[str, ...]) -> list[_Count]:
        limit = self._limits[name]
        wider = msgspec.structs.replace(limit, times=limit.times * WIDER, delay_after=limit.delay_after * WIDER)
        near, around = (_digest(tx, name, (*keys, network)) for network in _networks(address))
        return [_Count(limit, name, near), _Count(wider, name, around)]


def _debit(tx: Transaction, turn: Sequence[_Together]) -> list[Allowance | LimitHit]:
    """Count in turn what is allowed."""
    rows = {count.row: count for together in turn for count in together.counts}
    before = counts.lock(tx, {row: _kept(tx, count, ()) for row, count in rows.items()})
    judged, counted = _judged(tx, turn, before)
    if counted:
        counts.store(tx, {row: _kept(tx, rows[row], hits) for row, hits in counted.items()})
    return [_told(tx, judgement) for judgement in judged]


def _judged(
    tx: Transaction, turn: Sequence[_Together], before: Mapping[str, list[int]]
) -> tuple[list[_Judgement], dict[str, list[int]]]:
    """Return what each of the turn is told, and the hits afterwards of the rows that counted."""
    now, after = _milliseconds(tx.now), dict[str, list[int]]()
    judged: list[_Judgement] = []
    for together in turn:
        stored = ((count, after.get(count.row, before[count.row])) for count in together.counts)
        recent = [(count, _recent(tx, count, hits)) for count, hits in stored]
        opens, name = max((next_allowed(count.limit, hits), count.name) for count, hits in recent)
        if opens > now:
            judged.append(_Judgement(opens=opens, name=name))
            if together.stops:
                break
            continue
        after |= {count.row: hits if count.decoy else sorted([*hits, now]) for count, hits in recent}
        judged.append(_Judgement(left=min(count.limit.times - len(hits) - 1 for count, hits in recent)))
    return judged, after


def _kept(tx: Transaction, count: _Count, hits: Sequence[int]) -> StoredHits:
    return StoredHits(count.name, hits, tx.now + timedelta(seconds=count.limit.window))


def _told(tx: Transaction, judgement: _Judgement) -> Allowance | LimitHit:
    return _refused(tx, judgement.name, judgement.opens) if judgement.opens else Allowance(judgement.left)


def _refused(tx: Transaction, name: str, opens: int) -> LimitHit:
    """Return the refusal, with a line in the log that names limit and client, and nobody."""
    client = {"client": tx.origin.client_id} if tx.origin.client_id else {}
    log.warning("limit_refused", limit=name, **client)
    return LimitHit(from_timestamp(opens / 1000))


def _recent(tx: Transaction, count: _Count, hits: Sequence[int]) -> list[int]:
    begin = _milliseconds(tx.now - timedelta(seconds=count.limit.window))
    return [hit for hit in hits if hit > begin]


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
    refund_all(tx, (Hit(name, keys),))


def refund_network(tx: Transaction, name: str, address: str, *keys: str) -> None:
    """As `refund`, for what `debit_network` counted."""
    counts.give_back(tx, [_digest(tx, name, (*keys, network)) for network in _networks(address)])


def refund_all(tx: Transaction, hits: Iterable[Hit]) -> None:
    """Give each of these hits back."""
    Settlement(refunds=list(hits)).write(tx)


@dataclass
class Settlement:
    """Counts that a request gives back, written at its end: strangers share some rows, so none is locked for long.

    `refunds` lose their newest hit, `resets` (a limit's name and its keys) all of them.
    """

    refunds: list[Hit] = field(default_factory=list)
    resets: list[Sequence[str]] = field(default_factory=list)

    def write(self, tx: Transaction) -> None:
        """Give everything back, in one statement."""
        refunded = [row for hit in self.refunds for row in _rows(tx, hit)]
        forgotten = [_digest(tx, name, keys) for name, *keys in self.resets]
        self.refunds, self.resets = [], []
        if refunded or forgotten:
            counts.give_back(tx, refunded, forgotten)


def reset(tx: Transaction, name: str, *keys: str) -> None:
    """Forget every hit of these keys."""
    Settlement(resets=[(name, *keys)]).write(tx)


def _rows(tx: Transaction, hit: Hit) -> list[str]:
    ends = ((network,) for network in _networks(hit.network)) if hit.network else ((),)
    return [_digest(tx, hit.name, (*hit.keys, *end)) for end in ends]


def _networks(address: str) -> tuple[str, str]:
    return networks.network_of(address), networks.around(address)


def _digest(tx: Transaction, name: str, keys: Sequence[str]) -> str:
    return tx.sealer.digest("limit", name, *keys)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
