"""The ring of signing keys, as pure rules over rows and a time.

Each algorithm has a line of keys, told apart by the moment they begin to sign:

    announced   its moment lies ahead: it is published, so that clients know it before they need it
    active      the newest one whose moment has come: it signs
    retired     an active successor took over: it is published until everything it signed has expired

Nothing is written when a key changes its state: time does it, on every node at the same moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["announced", "active", "retired"]


@dataclass(frozen=True)
class RingKey:
    """One key: `number` counts the keys of an algorithm from 1, `signs_from` is its moment (aware UTC)."""

    kid: str
    algorithm: str
    number: int
    signs_from: datetime


class Ring:
    """The keys that exist. Immutable; made again when the rows change."""

    def __init__(self, keys: Iterable[RingKey]) -> None:
        self.keys = tuple(sorted(keys, key=lambda key: (key.signs_from, key.number)))

    def of(self, algorithm: str) -> tuple[RingKey, ...]:
        """Return the keys of one algorithm, oldest first."""
        return tuple(key for key in self.keys if key.algorithm == algorithm)

    def active(self, algorithm: str, now: datetime) -> RingKey | None:
        """Return the key that signs now."""
        due = [key for key in self.of(algorithm) if key.signs_from <= now]
        return due[-1] if due else None

    def announced(self, algorithm: str, now: datetime) -> tuple[RingKey, ...]:
        """Return the keys that will sign, the next one first."""
        return tuple(key for key in self.of(algorithm) if key.signs_from > now)

    def state(self, key: RingKey, now: datetime) -> State:
        if key.signs_from > now:
            return "announced"
        return "active" if key == self.active(key.algorithm, now) else "retired"

    def retired_since(self, key: RingKey, now: datetime) -> timedelta | None:
        """Return how long a successor has been signing in its place; None while the key is active or announced."""
        successors = [other for other in self.of(key.algorithm) if key.signs_from < other.signs_from <= now]
        return now - successors[0].signs_from if successors else None

    def next_number(self, algorithm: str) -> int:
        return max((key.number for key in self.of(algorithm)), default=0) + 1
