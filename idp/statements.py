"""SQL that many tables need, in the one form that both databases read.

SQLite took `ON CONFLICT` over from PostgreSQL, so PostgreSQL's INSERT serves both.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler


def insert_if_absent(
    table: type[DeclarativeBase],
    key: Sequence[str] | None = None,
    *,
    where: sa.ColumnElement[bool] | sa.TextClause | None = None,
) -> postgresql.Insert:
    """Begin an INSERT that leaves an existing row as it is; with `returning`, it then answers no row.

    `key` names the columns of the unique index that decides, and `where` the rows of a partial one; without a key,
    any unique index decides.
    """
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=key, index_where=where)


def upsert(
    table: type[DeclarativeBase],
    key: Sequence[str],
    new: Sequence[str],
    *,
    also: Mapping[str, object] | None = None,
    where: sa.ColumnElement[bool] | sa.TextClause | None = None,
) -> postgresql.Insert:
    """Begin an INSERT that writes the columns `new` of an existing row again.

    `also` sets further columns of that row; a row that `where` does not match stays as it is.
    """
    insert = postgresql.insert(table)
    changes = {name: insert.excluded[name] for name in new} | dict(also or {})
    return insert.on_conflict_do_update(index_elements=key, set_=changes, where=where)


def add_up(table: type[DeclarativeBase], key: Sequence[str], sums: Sequence[str]) -> postgresql.Insert:
    """Begin an INSERT that adds the columns `sums` to those of an existing row."""
    insert = postgresql.insert(table)
    return upsert(table, key, [], also={name: table.__table__.c[name] + insert.excluded[name] for name in sums})


class in_byte_order(sa.sql.functions.GenericFunction[str]):  # noqa: N801  named as SQL functions are
    """A text that is compared and sorted by its characters' numbers, so that an index finds what begins like it.

    PostgreSQL otherwise sorts by the language of the database.
    """

    type = sa.Text()
    inherit_cache = True


@compiles(in_byte_order)
def _in_byte_order(element: in_byte_order, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(next(iter(element.clauses)), **options)


@compiles(in_byte_order, "postgresql")
def _in_byte_order_of_postgresql(element: in_byte_order, compiler: SQLCompiler, **options: object) -> str:
    return f'({compiler.process(next(iter(element.clauses)), **options)} COLLATE "C")'


def insert_from(insert: sa.Insert, source: sa.Select[Any]) -> sa.Insert:
    """Let an INSERT write its one row, given by all columns, only if `source` finds one, which it may lock.

    With `returning`, it otherwise answers no row.
    """
    columns = insert.table.columns
    values = (sa.bindparam(column.key, type_=column.type) for column in columns)
    row = source.with_only_columns(*values, maintain_column_froms=True)
    return insert.from_select(list(columns.keys()), row)


class JsonText(sa.sql.functions.FunctionElement[str]):
    """A text of a JSON object that is stored as text."""

    type = sa.Text()
    inherit_cache = True


@compiles(JsonText, "postgresql")
def _on_postgresql(element: JsonText, compiler: SQLCompiler, **options: object) -> str:
    document, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({document}::json ->> {name})"


@compiles(JsonText, "sqlite")
def _on_sqlite(element: JsonText, compiler: SQLCompiler, **options: object) -> str:
    document, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({document} ->> {name})"


def json_text(document: InstrumentedAttribute[str], name: str) -> JsonText:
    """Return the text of this name in a JSON object, NULL where there is none. `name` is ours: a plain word."""
    return JsonText(document, sa.literal_column(f"'{name}'"))


def delete_oldest(time: InstrumentedAttribute[Any], *only: sa.ColumnElement[bool]) -> sa.Delete:
    """Delete at most `:batch` rows of a table whose `time` is before `:before`, the oldest first.

    `only` narrows them down. The limit stands in a subquery: neither database deletes with one of its own.
    """
    key = time.class_.__table__.primary_key.columns
    due = sa.select(*key).where(time < sa.bindparam("before"), *only).order_by(time).limit(sa.bindparam("batch"))
    return sa.delete(time.class_).where(sa.tuple_(*key).in_(due))
