"""Which failures of the database are outages: nothing is wrong with the request, and it can be repeated later.

PostgreSQL says so by SQLSTATE (its appendix A). A connection that leads to a server which goes away or takes no writes
is of no use any more: after a failover it would lead to the former primary for as long as it lives.
"""

import os
import select
from typing import Any

import sqlalchemy as sa


class Unavailable(Exception):
    """A part that this request needs is out of order, whatever the request says; it can be repeated later."""


READ_ONLY = "25006"
GOING_AWAY = ("57P01", "57P02", "57P03")  # admin_shutdown, crash_shutdown, cannot_connect_now
CONNECTION = "08"
RESOURCES = "53"  # insufficient_resources: connections, memory, disk
CONFLICTS = ("40001", "40P01")  # serialization_failure, deadlock_detected

OUTAGES = (READ_ONLY, *GOING_AWAY, CONNECTION, RESOURCES, *CONFLICTS)
DROPPED = (READ_ONLY, *GOING_AWAY, CONNECTION)


def is_outage(error: Exception) -> bool:
    """Return whether the database is at fault: locked, gone, full, read-only, or in conflict with another write."""
    if isinstance(error, (sa.exc.OperationalError, sa.exc.TimeoutError)):
        return True
    return isinstance(error, sa.exc.DBAPIError) and (error.connection_invalidated or _is_of(OUTAGES, error.orig))


def fault_of(engine: sa.Engine) -> str:
    """Return why this database can do nothing for us now; empty if it answers and takes writes. Writes nothing."""
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                writable = connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
            else:
                connection.exec_driver_sql("SELECT 1")
                writable = not engine.url.database or os.access(engine.url.database, os.W_OK)
    except sa.exc.SQLAlchemyError:
        return "it cannot be reached"
    return "" if writable else "it takes no writes"


def drop_connection(context: sa.engine.ExceptionContext) -> None:
    """For `handle_error` of an engine: drop the connection, and its whole pool, where it leads to nothing useful."""
    if _is_of(DROPPED, context.original_exception):
        context.is_disconnect = True


def watch_pool(engine: sa.Engine) -> None:
    """Replace pooled connections that the server closed meanwhile, before a request meets one.

    A look at the socket costs microseconds and no round trip: an idle connection has nothing to read, unless it is
    the server's farewell. A connection that was just made is not looked at.
    """
    sa.event.listen(engine, "connect", _mark_as_new)
    sa.event.listen(engine, "checkout", _refuse_if_closed)


def _mark_as_new(_raw: object, record: sa.pool.ConnectionPoolEntry) -> None:
    record.info["new"] = True


def _refuse_if_closed(raw: Any, record: sa.pool.ConnectionPoolEntry, _proxy: object) -> None:
    if record.info.pop("new", False):
        return
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    if poll.poll(0):
        raise sa.exc.InvalidatePoolError("the server closed this connection")


def _is_of(classes: tuple[str, ...], error: BaseException | None) -> bool:
    return str(getattr(error, "sqlstate", None) or "").startswith(classes)
