"""Connections of PostgreSQL that rest in the driver's autocommit: a reading takes one as it is, a writer turns it off.

SQLAlchemy's own option would turn it on and off for each reading, which costs as much as the statement.
"""

from typing import Protocol, cast

import sqlalchemy as sa

READING = "reading"
"""Execution option of the engine whose statements commit by themselves."""


class DriverConnection(Protocol):
    """The two things that are asked of a connection of psycopg."""

    autocommit: bool
    closed: bool


def rest(engine: sa.Engine) -> None:
    """Have this engine's connections rest so, and begin a transaction for everybody but readings."""
    sa.event.listen(engine, "connect", _rest)
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "checkin", _rest)


def _rest(raw: DriverConnection | None, _record: object) -> None:
    if raw is not None and not raw.closed and not raw.autocommit:
        raw.autocommit = True


def _begin(connection: sa.Connection) -> None:
    """The driver sends BEGIN with the first statement. Who asked SQLAlchemy for autocommit keeps it."""
    options = connection.get_execution_options()
    if READING in options or options.get("isolation_level") == "AUTOCOMMIT":
        return
    raw = cast("DriverConnection", connection.connection.driver_connection)
    try:
        raw.autocommit = False
    except connection.dialect.loaded_dbapi.Error as error:  # the connection broke
        raise sa.exc.OperationalError("BEGIN", None, error) from error
