"""Tells the threads of a worker when something is waiting for them.

One thread looks for all: it asks the database which queues have something due, every `poll` seconds. On PostgreSQL it
listens for the outbox's notifications meanwhile, and asks ten times less often (retries and lost leases give none).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import sqlalchemy as sa
import structlog

from idp.database import Database, SharedTime
from idp.messages import health, queue
from idp.messages.outbox import CHANNEL
from idp.messages.queue import Queue

log = structlog.get_logger()

RECONNECT_AFTER = 1.0


class Waker:
    """An event per queue, set when the queue has something due and its channel may be tried."""

    def __init__(self, database: Database, poll: float, queues: Iterable[Queue]) -> None:
        self.events = {of: Event() for of in queues}
        self._question = queue.look_at(self.events)
        self._database = database
        self._poll = poll
        self._off = False

    def watch(self, stop: Event) -> None:
        """Set events until `stop` is set; a database that is gone is asked again."""
        while not stop.is_set():
            try:
                with self._pause(stop) as pause:
                    while not stop.is_set():
                        self._theme()
                        pause()
            except Exception as error:  # whatever it was (the database restarts), messages must continue leaving
                log.warning("outbox_not_watched", reason=type(error).__name__)
                stop.wait(RECONNECT_AFTER)

    def _theme(self) -> None:
        with self._database.reading() as tx:
            blocked = health.blocked(tx)
            self._tell_if_off(tx.shared)
            waiting = {of for of in queue.due(tx, self._question) if of.kind not in blocked}
        for of in waiting & self.events.keys():
            self.events[of].set()

    def _tell_if_off(self, shared: SharedTime) -> None:
        """Log it when the clock goes wrong and when it is right again: a worker has no readiness that says so."""
        if shared.is_off == self._off:
            return
        self._off = shared.is_off
        if self._off:
            log.error("clock_compared", reason=shared.fault)
        else:
            log.info("clock_compared", reason="right again")

    @contextmanager
    def _pause(self, stop: Event) -> Iterator[Callable[[], object]]:
        """Give the function that waits between two polls: for time only, or also for a notification."""
        engine = self._database.session_engine
        if engine.dialect.name != "postgresql":
            yield lambda: stop.wait(self._poll)
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            try:
                yield lambda: _notified(connection, self._poll * 10)
            finally:
                connection.invalidate()  # a listening connection never goes back to the pool


def _notified(connection: sa.Connection, timeout: float) -> None:
    """Returns at the first notification, or after `timeout` seconds."""
    driver: Any = connection.connection.driver_connection
    next(driver.notifies(timeout=timeout, stop_after=1), None)
