"""Rows of both databases as lines of PostgreSQL's COPY (text format): the same row is the same line on either side.

Rows are read in the order of their primary key, byte by byte, which both databases can do. Times are UTC; JSON is the
text that was stored.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from idp.database import UTCDateTime

if TYPE_CHECKING:  # the driver is an extra
    import psycopg

Value = str | int | float | bytes | None
Key = Sequence[Value]
Format = Callable[[Value], str]

NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})
READING = "SET LOCAL work_mem = '64MB'; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'"


class Lines:
    """One table: its rows in the source, and its rows in the target, as lines in the same order."""

    def __init__(self, table: sa.Table) -> None:
        self.name = table.name
        self._columns = [_quoted(column) for column in table.columns]
        self._keys = [_quoted(column) for column in table.primary_key]
        self._formats = [_format_of(column) for column in table.columns]
        self._key_places = [list(table.columns).index(column) for column in table.primary_key]
        self._order = [_in_bytes(column) for column in table.primary_key]

    @property
    def into(self) -> str:
        """The statement that takes lines into the target."""
        return f'COPY "{self.name}" ({", ".join(self._columns)}) FROM STDIN'

    def rows(self, source: sqlite3.Connection, after: Key = ()) -> Iterator[tuple[Value, ...]]:
        """Return the rows of the source behind the key `after`, all of them if there is none."""
        keys = ", ".join(self._keys)
        behind = f" WHERE ({keys}) > ({', '.join('?' * len(self._keys))})" if after else ""
        statement = f'SELECT {", ".join(self._columns)} FROM "{self.name}"{behind} ORDER BY {keys}'  # noqa: S608
        return source.execute(statement, tuple(after))

    def line(self, row: Sequence[Value]) -> bytes:
        """Return a row of the source as a line, with its line break. Raises `ValueError` for one that is none."""
        cells = [NULL if value is None else form(value) for form, value in zip(self._formats, row, strict=True)]
        return "\t".join(cells).encode() + b"\n"

    def key(self, row: Sequence[Value]) -> list[Value]:
        return [row[place] for place in self._key_places]

    def stored(self, target: "psycopg.Connection[tuple[object, ...]]") -> Iterator[bytes]:
        """Yield the lines of the target. `READING` applies to the transaction."""
        chosen = f'SELECT {", ".join(self._columns)} FROM "{self.name}" ORDER BY {", ".join(self._order)}'  # noqa: S608
        with target.cursor() as cursor, cursor.copy(f"COPY ({chosen}) TO STDOUT".encode()) as lines:
            for line in lines:
                yield bytes(line)


def _quoted(column: sa.Column[object]) -> str:
    return f'"{column.name}"'


def _in_bytes(column: sa.Column[object]) -> str:
    return f'{_quoted(column)} COLLATE "C"' if isinstance(column.type, sa.String) else _quoted(column)


def _format_of(column: sa.Column[object]) -> Format:
    for kind, form in FORMATS.items():
        if isinstance(column.type, kind):
            return form
    return _text


def _text(value: Value) -> str:
    if isinstance(value, bytes):
        raise ValueError("bytes stand where text is expected")
    text = value if isinstance(value, str) else str(value)
    return text if text.isprintable() and "\\" not in text else text.translate(ESCAPES)


def _moment(value: Value) -> str:
    """SQLite writes microseconds always, PostgreSQL as far as they go."""
    text = str(value)
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "+00"


def _truth(value: Value) -> str:
    return "t" if value else "f"


def _fraction(value: Value) -> str:
    """Both write the shortest digits that lead back to the number; PostgreSQL writes no fraction of a whole one."""
    return str(float(value or 0)).removesuffix(".0")


FORMATS: dict[type, Format] = {UTCDateTime: _moment, sa.Boolean: _truth, sa.Float: _fraction}
