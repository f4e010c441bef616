"""A circuit breaker for one outside system, in this process: who is down is not asked by everybody in turn."""

from datetime import datetime, timedelta
from threading import Lock

from idp.clock import Clock


class Breaker:
    """Open for `pause` after `tolerated` failures in a row; then one call tries, and its success closes it."""

    def __init__(self, clock: Clock, *, tolerated: int, pause: timedelta) -> None:
        self._clock = clock
        self._tolerated = tolerated
        self._pause = pause
        self._lock = Lock()
        self._failures = 0
        self._next_try: datetime = clock.now()

    def seconds_to_wait(self) -> int:
        """0: go ahead. After the pause the first caller is the trial; the others wait for another pause."""
        with self._lock:
            now = self._clock.now()
            if self._failures < self._tolerated:
                return 0
            if now >= self._next_try:
                self._next_try = now + self._pause
                return 0
            return int((self._next_try - now).total_seconds()) + 1

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._next_try = self._clock.now() + self._pause

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
