"""The only source of time. Everything that expires asks a `Clock`, so that tests move time instead of waiting.

Three questions, three answers: `now` is the time of day, which someone may set; `monotonic` measures intervals, and
never jumps; `shared` is the database's time, the same for every process, by which they hand work to each other
(rulings 37).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

TOLERATED = timedelta(seconds=2)
"""The largest difference between a process's clock and the database's. Beyond it the process serves nobody."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment. Only differences mean something; setting the clock does not change them."""
        ...

    def shared(self, ask: Callable[[], datetime]) -> datetime:
        """Return the current instant by the clock that all processes share; `ask` asks the database for it."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def shared(self, ask: Callable[[], datetime]) -> datetime:
        return ask()


def difference(clock: Clock, ask: Callable[[], datetime]) -> tuple[datetime, timedelta]:
    """Return the shared time, and how far it is ahead of this clock. The time that asking took does not count."""
    before = clock.now()
    shared = clock.shared(ask)
    after = clock.now()
    if before <= shared <= after:
        return shared, timedelta(0)
    return shared, shared - (before if shared < before else after)


def deviation(ahead: timedelta) -> str:
    """Say how a clock goes that the shared one is so much ahead of: `3.0 s behind the database's`."""
    return f"{abs(ahead).total_seconds():.1f} s {'behind' if ahead > timedelta(0) else 'ahead of'} the database's"


def is_off(ahead: timedelta) -> bool:
    """Return whether a clock with this difference may not be trusted."""
    return abs(ahead) > TOLERATED


def from_timestamp(seconds: float) -> datetime:
    """Return the UTC instant of a Unix timestamp, as JWT claims carry it."""
    return datetime.fromtimestamp(seconds, UTC)
