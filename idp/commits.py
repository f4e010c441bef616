"""Commits of PostgreSQL that wait for a second machine, and for how long.

With synchronous replication a commit is answered once a replica has it too. Where none follows the primary it waits
without end: `statement_timeout` covers statements, not commits. So one thread of each process withdraws from a commit
that takes too long. The primary then keeps what was written, but nobody may be told so: another machine may lack it.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, cast

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIModule

LOOK = 0.5  # seconds
WITHDRAWING = 1.0  # seconds; the server may be out of reach
NOT_WAITED_FOR = "01000"
"""SQLSTATE of the warning that a commit was not waited for. There is no error for it."""


class Notice(Protocol):
    """A message of the server beside its answer."""

    sqlstate: str | None


class WaitingConnection(Protocol):
    """The two things that are asked of a connection of psycopg."""

    def cancel_safe(self, *, timeout: float) -> None: ...
    def add_notice_handler(self, callback: Callable[[Notice], None]) -> None: ...


class Commits:
    """The commits of a process that are under way, each with the time until which it may take."""

    def __init__(self, seconds: float, driver: DBAPIModule) -> None:
        """Take the longest wait, and the driver whose `OperationalError` is raised after it."""
        self._seconds, self._driver = seconds, driver
        self._until: dict[WaitingConnection, float] = {}
        self._doubtful: set[WaitingConnection] = set()
        self._lock = threading.Lock()
        self._process = 0

    def heed(self, raw: WaitingConnection) -> None:
        """Hear from now on what the server says of this connection's commits."""

        def on_notice(notice: Notice) -> None:
            if notice.sqlstate == NOT_WAITED_FOR and raw in self._until:
                self._doubtful.add(raw)

        raw.add_notice_handler(on_notice)

    @contextmanager
    def awaited(self, raw: WaitingConnection) -> Iterator[None]:
        """Withdraw from the commit in this block when it takes too long, and raise then."""
        if self._process != os.getpid():
            self._begin()
        self._until[raw] = time.monotonic() + self._seconds
        try:
            yield
        finally:
            with self._lock:  # nobody withdraws now, which would be from the next statement
                del self._until[raw]
                doubtful = raw in self._doubtful
                self._doubtful.discard(raw)
        if doubtful:
            raise self._driver.OperationalError("no second machine had the commit in time")

    def _begin(self) -> None:
        """Start the thread, which a fork leaves behind."""
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._watch, name="commits", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK)
            now = time.monotonic()
            for raw in [raw for raw, until in list(self._until.items()) if until < now]:
                self._withdraw(raw)

    def _withdraw(self, raw: WaitingConnection) -> None:
        with self._lock:
            if raw in self._until:
                with suppress(self._driver.Error):  # the next look tries again
                    raw.cancel_safe(timeout=WITHDRAWING)


def watch(engine: sa.Engine, seconds: float) -> None:
    """Let no commit of this engine wait longer for a second machine. Such a commit fails, as in an outage."""
    commits = Commits(seconds, engine.dialect.loaded_dbapi)
    commit = engine.dialect.do_commit

    def do_commit(connection: sa.PoolProxiedConnection) -> None:
        with commits.awaited(cast("WaitingConnection", connection.driver_connection)):
            commit(connection)

    engine.dialect.do_commit = do_commit  # type: ignore[assignment, method-assign]
    sa.event.listen(engine, "connect", lambda raw, _record: commits.heed(raw))
