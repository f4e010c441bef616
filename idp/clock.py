"""The only source of time. Everything that expires asks a `Clock`, so that tests move time instead of waiting."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def from_timestamp(seconds: float) -> datetime:
    """The UTC instant of a Unix timestamp, as JWT claims carry it."""
    return datetime.fromtimestamp(seconds, UTC)
