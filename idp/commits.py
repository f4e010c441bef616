"""Commits of PostgreSQL that wait for a second machine, and for how long.

With synchronous replication a commit is answered once a replica has it too. Where none follows the primary it waits
without end: `statement_timeout` covers statements, not commits. So one thread of each process withdraws from a commit
that takes too long. The primary then keeps what was written, but nobody may be told so: another machine may lack it.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, cast

import sqlalchemy as sa
import structlog
from sqlalchemy.engine.interfaces import DBAPIModule

LOOK = 0.5  # seconds
LOOKS_WITHOUT_ANY = 10
"""Looks at no commit at all after which the thread ends; the next commit starts another."""
WITHDRAWING = 1.0  # seconds; the server may be out of reach
NOT_WAITED_FOR = "01000"
"""SQLSTATE of the warning that a commit was not waited for. There is no error for it."""


log = structlog.get_logger()


class Notice(Protocol):
    """A message of the server beside its answer."""

    sqlstate: str | None


class WaitingConnection(Protocol):
    """The two things that are asked of a connection of psycopg."""

    def cancel_safe(self, *, timeout: float) -> None: ...
    def add_notice_handler(self, callback: Callable[[Notice], None]) -> None: ...


@dataclass
class Commit:
    """One that is under way. Its lock keeps a withdrawal from meeting the connection's next statement."""

    until: float
    doubtful: bool = False
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Commits:
    """The commits of a process that are under way."""

    def __init__(self, seconds: float, driver: DBAPIModule) -> None:
        """Take the longest wait, and the driver whose `OperationalError` is raised after it."""
        self._seconds, self._driver = seconds, driver
        self._under_way: dict[WaitingConnection, Commit] = {}
        self._lock = threading.Lock()
        self._watched_in = 0
        """The process whose thread looks after the commits; 0 while nobody has to. A fork leaves threads behind."""

    def heed(self, raw: WaitingConnection) -> None:
        """Hear from now on what the server says of this connection's commits."""

        def on_notice(notice: Notice) -> None:
            commit = self._under_way.get(raw)
            if commit is not None and notice.sqlstate == NOT_WAITED_FOR:
                commit.doubtful = True

        raw.add_notice_handler(on_notice)

    @contextmanager
    def awaited(self, raw: WaitingConnection) -> Iterator[None]:
        """Withdraw from the commit in this block when it takes too long, and raise then."""
        commit = Commit(time.monotonic() + self._seconds)
        with self._lock:
            self._under_way[raw] = commit
            if self._watched_in != os.getpid():
                self._watched_in = os.getpid()
                threading.Thread(target=self._watch, name="commits", daemon=True).start()
        try:
            yield
        finally:
            del self._under_way[raw]
            with commit.lock:
                commit.over = True
        if commit.doubtful:
            raise self._driver.OperationalError("no second machine had the commit in time")

    def _watch(self) -> None:
        """Look after the commits until there was none for a while."""
        pause, idle = threading.Event(), 0
        while idle < LOOKS_WITHOUT_ANY:
            pause.wait(LOOK)
            now = time.monotonic()
            for raw, commit in list(self._under_way.items()):
                if commit.until < now:
                    self._withdraw(raw, commit)
            with self._lock:
                idle = 0 if self._under_way else idle + 1
                if idle == LOOKS_WITHOUT_ANY:
                    self._watched_in = 0

    def _withdraw(self, raw: WaitingConnection, commit: Commit) -> None:
        with commit.lock:
            if commit.over:
                return
            try:
                raw.cancel_safe(timeout=WITHDRAWING)
            except Exception as error:  # the next look tries again; this thread is the only one that looks
                log.warning("commit_not_withdrawn", error=type(error).__name__)
            else:
                log.warning("commit_withdrawn")


def watch(engine: sa.Engine, seconds: float) -> None:
    """Let no commit of this engine wait longer for a second machine. Such a commit fails, as in an outage."""
    commits = Commits(seconds, engine.dialect.loaded_dbapi)
    commit = engine.dialect.do_commit

    def do_commit(connection: sa.PoolProxiedConnection) -> None:
        with commits.awaited(cast("WaitingConnection", connection.driver_connection)):
            commit(connection)

    engine.dialect.do_commit = do_commit  # type: ignore[assignment, method-assign]
    sa.event.listen(engine, "connect", lambda raw, _record: commits.heed(raw))
