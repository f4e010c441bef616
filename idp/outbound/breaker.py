"""The circuit breaker: a recipient that is down is left alone.

`BreakerRules`, `Circuit` and the functions between them are the rule, without a place: `Breakers` keeps the circuits of
this process, `idp.messages.health` those of the message channels, which every node shares.

- One incident counts once: calls that were under way when a failure was counted add nothing to it.
- After `tolerated` failures the circuit opens for `pause`, then for twice as long, at most `longest`.
- After the pause one call is the trial. One success closes the circuit.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from idp.clock import Clock

REMEMBERED = 1000
"""Circuits kept at most: the ones that failed longest ago are forgotten first."""

START = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BreakerRules:
    tolerated: int
    pause: timedelta
    longest: timedelta


@dataclass(frozen=True)
class Circuit:
    """The failures of one recipient since its last success; the newest was counted at `counted_at`."""

    failures: int
    counted_at: datetime
    retry_at: datetime


def after_failure(rules: BreakerRules, before: Circuit | None, *, began: datetime, now: datetime) -> Circuit:
    """Return the circuit after a call that `began` then has failed now."""
    if before is not None and began < before.counted_at <= now:
        return before
    failures = (before.failures if before else 0) + 1
    pause = min(rules.pause * 2 ** min(max(failures - rules.tolerated, 0), 16), rules.longest)
    return Circuit(failures, now, now + pause)


def is_open(rules: BreakerRules, circuit: Circuit | None) -> bool:
    return circuit is not None and circuit.failures >= rules.tolerated


def after_claim(rules: BreakerRules, circuit: Circuit, now: datetime) -> Circuit | None:
    """Return the circuit once its trial is given to the caller, or None while nobody may try."""
    clock_went_back = now < circuit.counted_at
    if now < circuit.retry_at and not clock_went_back:
        return None
    return replace(circuit, retry_at=now + rules.pause)


class Breakers:
    """The circuits of this process, by any key. Their moments are of a clock that nobody sets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._circuits: OrderedDict[object, Circuit] = OrderedDict()

    def now(self) -> datetime:
        """Return the moment that `failed` wants to know of the beginning of a call."""
        return START + timedelta(seconds=self._clock.monotonic())

    def seconds_to_wait(self, key: object, rules: BreakerRules) -> int:
        """0: go ahead, this may be the one trial. Else the seconds until the next trial."""
        with self._lock:
            now = self.now()
            circuit = self._circuits.get(key)
            if circuit is None or not is_open(rules, circuit):
                return 0
            claimed = after_claim(rules, circuit, now)
            if claimed is None:
                return int((circuit.retry_at - now).total_seconds()) + 1
            self._circuits[key] = claimed
            return 0

    def failed(self, key: object, rules: BreakerRules, *, began: datetime) -> None:
        with self._lock:
            before = self._circuits.get(key)
            self._circuits[key] = after_failure(rules, before, began=began, now=self.now())
            self._circuits.move_to_end(key)
            while len(self._circuits) > REMEMBERED:
                self._circuits.popitem(last=False)

    def succeeded(self, key: object) -> None:
        with self._lock:
            self._circuits.pop(key, None)
