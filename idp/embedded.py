"""The embedded database: SQLite in one file, with a log ahead of it and writers that wait."""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from idp.settings import DatabaseSettings


def prepare_file(path: Path) -> None:
    """Make the file of an embedded database, unless it is there, for its owner alone: SQLite gives what it writes
    beside it the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def prepare(engine: sa.Engine, settings: DatabaseSettings, *, begin: str, query_only: bool) -> None:
    """Open its connections as we need them, and its transactions with this statement."""
    pragmas = [
        "journal_mode=WAL",
        f"synchronous={settings.sqlite_synchronous.upper()}",
        "foreign_keys=ON",
        f"busy_timeout={settings.busy_timeout * 1000}",
    ]
    if query_only:
        pragmas.append("query_only=ON")

    def on_connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver must not begin on its own: we issue BEGIN ourselves
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")

    def on_begin(connection: sa.Connection) -> None:
        """Through the driver: SQLAlchemy's way there costs more than the statement, for every transaction."""
        raw: Any = connection.connection.driver_connection
        try:
            raw.execute(begin)
        except sqlite3.Error as error:
            raise sa.exc.OperationalError(begin, None, error) from error

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "begin", on_begin)
