"""Readings of a transaction, remembered until it writes or locks: many parts of one request ask the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.sql.selectable import GenerativeSelect

Found = TypeVar("Found")

WRITTEN = "written"
"""Key of the number of statements of a connection that may have written or that locked, in `Connection.info`."""


class RememberedReadings:
    """The readings of one transaction, by the function and the id that it was asked about."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, str], object] = {}
        self._written = -1

    def once(self, connection: sa.Connection, asked: tuple[object, str], look_up: Callable[[], Found]) -> Found:
        """Return the remembered reading; the first one after a statement that wrote or locked calls `look_up`."""
        written = connection.info.get(WRITTEN, 0)
        if written != self._written:
            self._found, self._written = {}, written
        if asked not in self._found:
            self._found[asked] = look_up()
        return cast(Found, self._found[asked])

    @contextmanager
    def of_savepoint(self) -> Iterator[None]:
        """Forget all of them at the end of the block: they may have seen writes that were undone."""
        try:
            yield
        finally:
            self._found = {}


class Reader(Protocol):
    """A transaction, as far as `until_written` needs one."""

    readings: RememberedReadings

    @property
    def connection(self) -> sa.Connection: ...

    def flush(self) -> None: ...


ReaderT = TypeVar("ReaderT", bound=Reader)


def until_written(look_up: Callable[[ReaderT, str], Found]) -> Callable[[ReaderT, str], Found]:
    """Have a reading about one id asked once per transaction, until that transaction writes or locks something."""

    @wraps(look_up)
    def remembered(tx: ReaderT, about: str) -> Found:
        tx.flush()
        return tx.readings.once(tx.connection, (look_up, about), lambda: look_up(tx, about))

    return remembered


def watch(engine: sa.Engine) -> None:
    """Count on each connection of this engine what may change something."""
    sa.event.listen(engine, "before_cursor_execute", _count)


def note_change(connection: sa.Connection) -> None:
    """Count a statement that may change something."""
    connection.info[WRITTEN] = connection.info.get(WRITTEN, 0) + 1


def locks(statement: object) -> bool:
    """Return whether this is a SELECT that locks: whoever waited for the lock must see what its former holder wrote."""
    return isinstance(statement, GenerativeSelect) and statement._for_update_arg is not None


def _count(
    connection: sa.Connection,
    _cursor: object,
    _statement: str,
    _given: object,
    context: DefaultExecutionContext | None,
    _many: bool,
) -> None:
    """Count everything but a SELECT that SQLAlchemy compiled. Hot statements have no context, and count themselves."""
    if context is None:
        return
    is_read = context.compiled is not None and not context.is_text and not locks(context.compiled.statement)
    if not is_read or context.isinsert or context.isupdate or context.isdelete:
        note_change(connection)
