"""The changes that are due on a ring: keys to announce, keys to drop.

- An algorithm without a key gets one that signs immediately (a first start, a newly configured algorithm).
- A successor is announced `announce` before the active key has signed for `active`; if nobody looked in time (the
  worker was down), the old key keeps signing and the successor still gets its full announcement.
- A retired key is dropped `retire` after its successor began to sign.
- The keys of an algorithm that is no longer configured sign nothing more; they are dropped `retire` after they would
  have been replaced at the latest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from keys.ring import Ring, RingKey


@dataclass(frozen=True)
class Schedule:
    """How long a key is announced, signs, and stays published after its successor took over."""

    announce: timedelta
    active: timedelta
    retire: timedelta


@dataclass(frozen=True)
class Announcement:
    """A key to be made."""

    algorithm: str
    number: int
    signs_from: datetime


@dataclass(frozen=True)
class RotationPlan:
    announce: tuple[Announcement, ...]
    drop: tuple[str, ...]
    """The kids to delete."""

    def __bool__(self) -> bool:
        return bool(self.announce or self.drop)


def due(ring: Ring, algorithms: Iterable[str], schedule: Schedule, now: datetime) -> RotationPlan:
    """Everything that has to happen to the ring now."""
    configured = tuple(algorithms)
    announcements = [found for name in configured if (found := _announcement(ring, name, schedule, now))]
    dropped = [key.kid for key in ring.keys if _is_over(ring, key, configured, schedule, now)]
    return RotationPlan(tuple(announcements), tuple(dropped))


def successor(ring: Ring, algorithm: str, signs_from: datetime) -> Announcement:
    """Return the next key of this algorithm, signing from that moment."""
    return Announcement(algorithm, ring.next_number(algorithm), signs_from)


def next_change(ring: Ring, key: RingKey, algorithms: Iterable[str], schedule: Schedule, now: datetime) -> datetime:
    """Return when an announced key begins to sign, an active one is to be replaced, a retired one is dropped.

    A moment that is over waits for the worker.
    """
    if key.algorithm not in algorithms:
        return key.signs_from + schedule.active + schedule.retire
    if key.signs_from > now:
        return key.signs_from
    retired = ring.retired_since(key, now)
    if retired is not None:
        return now - retired + schedule.retire
    announced = ring.announced(key.algorithm, now)
    return announced[0].signs_from if announced else key.signs_from + schedule.active


def _announcement(ring: Ring, algorithm: str, schedule: Schedule, now: datetime) -> Announcement | None:
    active = ring.active(algorithm, now)
    if ring.announced(algorithm, now):
        return None
    if active is None:
        return successor(ring, algorithm, now)
    replaced_at = active.signs_from + schedule.active
    if now < replaced_at - schedule.announce:
        return None
    return successor(ring, algorithm, max(replaced_at, now + schedule.announce))


def _is_over(ring: Ring, key: RingKey, configured: tuple[str, ...], schedule: Schedule, now: datetime) -> bool:
    if key.algorithm not in configured:
        return now >= key.signs_from + schedule.active + schedule.retire
    retired = ring.retired_since(key, now)
    return retired is not None and retired >= schedule.retire
