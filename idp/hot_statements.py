"""Core statements that go to the driver as they were compiled once.

SQLAlchemy looks its compiled form up by a key of the whole statement and wraps every cursor, which costs more than the
statement itself. A hot statement keeps its compiled form, the conversions of its values and its kind of row.
Everything else stays as it is: the connection, its transaction, its listeners, the errors and what follows from them.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import GenerativeSelect

from idp import readings
from idp.prepared_cursor import PreparedCursor

Row = Any
"""A row of the statement's own kind: its columns are attributes, and it unpacks."""
Value = object
Conversion = Callable[[Value], Value]


class DriverCursor(Protocol):
    """The part of a driver's cursor that is used here."""

    @property
    def rowcount(self) -> int: ...

    def execute(self, text: str, values: Row, /) -> object: ...

    def fetchone(self) -> Sequence[Value] | None: ...

    def fetchall(self) -> Sequence[Sequence[Value]]: ...

    def close(self) -> None: ...


class HotStatement:
    """A SELECT, INSERT, UPDATE or DELETE that runs often. Make one per module, not per call.

    An INSERT without values of its own has the columns that its first use names. A statement whose text depends on its
    values (lists of `IN`), or that SQLAlchemy completes with defaults, raises ValueError at its first use.
    """

    def __init__(self, statement: sa.Executable) -> None:
        self.statement = statement
        self._changes = isinstance(statement, UpdateBase) or readings.locks(statement)
        self._compiled: dict[str, CompiledStatement] = {}

    def run(self, connection: sa.Connection, parameters: Mapping[str, object]) -> "HotResult":
        """Run it in the transaction of this connection, with what its listeners and error handlers do."""
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect, parameters)
        given = compiled.given(parameters)
        if self._changes:
            readings.note_change(connection)
        cursor = compiled.cursor(connection.connection)
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, compiled.text, given, None, False)
        try:
            cursor.execute(compiled.text, given)
        except dialect.loaded_dbapi.Error as error:
            # SQLAlchemy's own way: its error, the engine's `handle_error`, a connection that is dropped
            connection._handle_dbapi_exception(error, compiled.text, None, cast(DBAPICursor, cursor), None)
        for listener in connection.dispatch.after_cursor_execute:
            listener(connection, cursor, compiled.text, given, None, False)
        return HotResult(cursor, compiled)

    def _compile(self, dialect: sa.Dialect, parameters: Mapping[str, object]) -> "CompiledStatement":
        columns = list(parameters) if _takes_columns(self.statement) else None
        compiled = self._compiled[dialect.name] = _compile(self.statement, columns, dialect)
        return compiled


@dataclass(frozen=True)
class CompiledStatement:
    """The form of a statement for one kind of database.

    `constants` are the values that the statement brings itself; `order` is the order in which the driver wants all.
    `after` are the conversions of a row, by its positions.
    """

    cursor: Callable[[sa.PoolProxiedConnection], DriverCursor]
    text: str
    constants: Mapping[str, object]
    before: Mapping[str, Conversion]
    order: tuple[str, ...]
    row: Callable[[Sequence[Value]], Row]
    after: tuple[tuple[int, Conversion], ...]

    def given(self, parameters: Mapping[str, object]) -> tuple[object, ...]:
        """Return the values in the driver's order. Raises KeyError for one that is missing."""
        values = {**self.constants, **parameters}
        for name, convert in self.before.items():
            values[name] = convert(values[name])
        return tuple([values[name] for name in self.order])

    def made(self, raw: Sequence[Value]) -> Row:
        """Return a row as the driver gave it with the types of its columns."""
        if self.after:
            changed = list(raw)
            for place, convert in self.after:
                changed[place] = convert(changed[place])
            raw = changed
        return self.row(raw)


class HotResult:
    """The rows of one statement, read once, with the usual names of SQLAlchemy."""

    def __init__(self, cursor: DriverCursor, compiled: CompiledStatement) -> None:
        self._cursor = cursor
        self._compiled = compiled

    @property
    def rowcount(self) -> int:
        """The number of rows that an UPDATE or DELETE matched; only without RETURNING."""
        return self._cursor.rowcount

    def first(self) -> Row:
        """Return the first row; None where there is none."""
        raw = self._cursor.fetchone()
        self._cursor.close()
        return self._compiled.made(raw) if raw is not None else None

    def one(self) -> Row:
        """Return the first row. Raises LookupError where there is none."""
        row = self.first()
        if row is None:
            raise LookupError("a row was expected")
        return row

    def scalar(self) -> Row:
        """Return the first column of the first row; None where there is none."""
        row = self.first()
        return row[0] if row is not None else None

    def all(self) -> list[Row]:
        """Return every row."""
        raw = self._cursor.fetchall()
        self._cursor.close()
        return [self._compiled.made(row) for row in raw]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.all())


def _compile(statement: sa.Executable, columns: list[str] | None, dialect: sa.Dialect) -> CompiledStatement:
    writer = _writer(dialect)
    compiled = cast(SQLCompiler, cast(sa.ClauseElement, statement).compile(dialect=writer, column_keys=columns))
    if compiled.post_compile_params or compiled.insert_prefetch or compiled.update_prefetch:
        raise ValueError(f"this statement is different at each execution: {compiled}")
    before = {
        compiled.bind_names[parameter]: convert
        for parameter in compiled.bind_names
        if (convert := parameter.type.dialect_impl(dialect).bind_processor(dialect))
    }
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    returned = list(cast(sa.sql.expression.ReturnsRows, statement).exported_columns) if _answers(statement) else []
    after = tuple(
        (place, convert)
        for place, column in enumerate(returned)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
    )
    kind = namedtuple("Row", [column.key for column in returned], rename=True)  # type: ignore[misc]
    order = tuple(compiled.positiontup or ())
    return CompiledStatement(_cursor_of(dialect), str(compiled), constants, before, order, kind._make, after)


def _writer(dialect: sa.Dialect) -> sa.Dialect:
    """Return the dialect that writes the text: on PostgreSQL with numbered parameters, for `PreparedCursor`."""
    numbering = cast(Callable[..., sa.Dialect], type(dialect))
    return dialect if dialect.positional else numbering(paramstyle="numeric_dollar")


def _cursor_of(dialect: sa.Dialect) -> Callable[[sa.PoolProxiedConnection], DriverCursor]:
    if dialect.positional:
        return lambda connection: connection.cursor()
    return lambda connection: PreparedCursor(dialect, connection)


def _takes_columns(statement: sa.Executable) -> bool:
    return isinstance(statement, sa.Insert) and not statement._values and statement.select is None


def _answers(statement: sa.Executable) -> bool:
    return isinstance(statement, GenerativeSelect) or bool(cast(UpdateBase, statement)._returning)
