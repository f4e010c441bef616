"""Counts what is asked of the database: statements, transactions, commits. Never times."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from idp.autocommit import READING
from idp.database import Database


@dataclass
class Asked:
    """`statements` of all connections; `transactions` those that may write; `clients` those that look up a client.

    `texts` are the statements, for the message of a test that fails.
    """

    statements: int = 0
    transactions: int = 0
    clients: int = field(default=0, compare=False)
    commits: int = field(default=0, compare=False)
    texts: list[str] = field(default_factory=list, compare=False)


@contextmanager
def counting(database: Database) -> Iterator[Asked]:
    """Count until the block ends. Each engine is listened to once: on PostgreSQL both share their listeners."""
    asked = Asked()

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.statements += 1
        asked.clients += "FROM registered_clients" in statement
        asked.texts.append(statement)

    def on_begin(connection: sa.Connection) -> None:
        asked.transactions += _is_writing(connection)

    def on_commit(connection: sa.Connection) -> None:
        asked.commits += _is_writing(connection)

    reading, writing = database.reading_engine, database.writing_engine
    heard: list[tuple[sa.Engine, str, Callable[..., None]]] = [
        (writing, "before_cursor_execute", on_statement),
        (writing, "begin", on_begin),
        (writing, "commit", on_commit),
    ]
    if reading.pool is not writing.pool:
        heard.append((reading, "before_cursor_execute", on_statement))
    for engine, event, listener in heard:
        sa.event.listen(engine, event, listener)
    try:
        yield asked
    finally:
        for engine, event, listener in heard:
            sa.event.remove(engine, event, listener)


def _is_writing(connection: sa.Connection) -> bool:
    return READING not in connection.get_execution_options()  # a reading commits by itself


def cost(database: Database, act: Callable[[], object]) -> Asked:
    """Return what the act costs a process that has answered before: keys and client files are known."""
    act()
    with counting(database) as asked:
        act()
    return asked
