"""Clocks that tests move: time that passes, and clocks that are wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from idp.clock import Clock


class MovableClock:
    """Stands still until a test moves it. All processes of a test share it, so it is the database's clock too."""

    def __init__(self, start: datetime = datetime(2026, 7, 16, 12, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._passed = timedelta()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._passed.total_seconds()

    def shared(self, ask: Callable[[], datetime]) -> datetime:
        return self._now

    def forward(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        passed = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._now += passed
        self._passed += passed

    def set(self, moment: datetime) -> None:
        """Let time pass until then."""
        self._passed += max(moment - self._now, timedelta())
        self._now = moment

    def jump(self, by: timedelta) -> None:
        """Somebody sets the clock; no time passes."""
        self._now += by


class WrongClock:
    """The clock of a machine that is off by so much; the database's is right."""

    def __init__(self, right: Clock, off: timedelta) -> None:
        self._right = right
        self.off = off

    def now(self) -> datetime:
        return self._right.now() + self.off

    def monotonic(self) -> float:
        return self._right.monotonic()

    def shared(self, ask: Callable[[], datetime]) -> datetime:
        return self._right.shared(ask)
