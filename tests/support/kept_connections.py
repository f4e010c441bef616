"""Connections to the PostgreSQL of a test run that outlive the application which opened them.

A new one costs PostgreSQL a process that knows no table yet, which takes longer than most tests. The next application
gets one in which nothing is left of the last: no transaction, setting, lock, subscription or temporary table. What
SQLAlchemy asks the server at the first connection of an engine, its version and the like, is asked once.
"""

import select
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

FORGET = "RESET SESSION AUTHORIZATION; RESET ALL; UNLISTEN *; CLOSE ALL; DISCARD TEMP; SELECT pg_advisory_unlock_all()"
MOST = 20
MEMORY = "_type_memos"  # of a dialect; nothing that it learnt of the server


class KeptConnections:
    """Those of this user to this database. All others are opened and closed as ever: a test that made a database or a
    role of its own may give it settings, which a new connection alone obeys, and wants to drop it."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._connect, self._close = PGDialect_psycopg.connect, PGDialect_psycopg.do_close
        self._kept: dict[str, list[psycopg.Connection]] = defaultdict(list)
        self._opened_by: dict[psycopg.Connection, str] = {}
        self._initialize = PGDialect_psycopg.initialize
        self._learnt: dict[str, Any] = {}
        self._lock = Lock()

    @property
    def _place(self) -> tuple[object, ...]:
        return self._url.query["host"], self._url.database, self._url.username

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Have every engine of this process hand its connections on, and close them in the end."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PGDialect_psycopg, "connect", lambda dialect, *args, **named: self.open(dialect, args, named))
            patch.setattr(PGDialect_psycopg, "do_close", lambda dialect, connection: self.close(dialect, connection))
            patch.setattr(PGDialect_psycopg, "initialize", lambda dialect, connection: self.learn(dialect, connection))
            yield
        for each in self._opened_by:
            each.close()

    def open(self, dialect: PGDialect_psycopg, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if (named.get("host"), named.get("dbname"), named.get("user")) != self._place:
            return self._connect(dialect, *args, **named)
        adapters = named["context"]  # of the engine: it says how values are sent and read
        wanted = repr((args, sorted((name, value) for name, value in named.items() if name != "context")))
        with self._lock:
            kept = self._kept[wanted]
            while kept:
                found = kept.pop()
                if _is_of_use(found):
                    found._adapters = AdaptersMap(adapters)
                    return found
                self._opened_by.pop(found)
                found.close()
        made = self._connect(dialect, *args, **named)
        with self._lock:
            self._opened_by[made] = wanted  # type: ignore[index]
        return made

    def close(self, dialect: PGDialect_psycopg, connection: Any) -> None:
        with self._lock:
            wanted = self._opened_by.get(connection)
            if wanted is not None and len(self._kept[wanted]) < MOST and _is_clean(connection):
                self._kept[wanted].append(connection)
                return
            self._opened_by.pop(connection, None)
        self._close(dialect, connection)

    def learn(self, dialect: PGDialect_psycopg, connection: sa.Connection) -> None:
        if connection.engine.url.set(drivername=self._url.drivername) != self._url:
            self._initialize(dialect, connection)
        elif self._learnt:
            vars(dialect).update(self._learnt)
        else:
            before = dict(vars(dialect))
            self._initialize(dialect, connection)
            changed = {name: value for name, value in vars(dialect).items() if before.get(name) is not value}
            self._learnt = {name: value for name, value in changed.items() if name != MEMORY}


def _is_clean(connection: psycopg.Connection) -> bool:
    """Whether nothing is left in it; whoever was in the middle of something leaves a connection of no use."""
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    try:
        connection.autocommit = True
        connection.execute(FORGET)
        connection.autocommit = False
    except psycopg.Error:
        return False
    return True


def _is_of_use(connection: psycopg.Connection) -> bool:
    """Whether the server did not take leave meanwhile: an idle connection has nothing to read."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
