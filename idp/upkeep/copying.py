"""A copy of the embedded database (SQLite) in PostgreSQL, for an installation that grows to several nodes.

- The source is locked against writers from the first row to the last look, and refused while a process has it open.
- Tables follow each other in the order that foreign keys allow, in batches. A batch and the key it ends with are
  committed together: a copy that was killed continues behind that key.
- At the end both databases are read in the same order and compared line by line. The digest of a table is that of its
  lines; it is printed as proof.
- Until then the target names no revision of its schema, so that no process is ready on half a copy.

Reports of processes (`nodes`) stay behind: they speak of processes that used the source.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from idp import migrations
from idp.database import Base, Database
from idp.migrations import APPLIED
from idp.upkeep.copy_lines import READING, Key, Lines
from idp.upkeep.nodes import NodeRow

if TYPE_CHECKING:
    import psycopg

BATCH = 20_000  # rows
TOGETHER = 500
"""Lines that are handed to the driver at once."""
LEFT_OUT = {NodeRow.__tablename__}
BUSY = 5  # seconds

PROGRESS = sa.Table(
    "unfinished_copy",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
)
"""The key that each table is copied up to, and under the empty name the revision of both schemas."""


class CannotCopy(Exception):
    """The copy cannot begin or is not the same; the message is a sentence."""


@dataclass(frozen=True)
class CopiedTable:
    """A table that is the same in both databases. `added` were copied now, the others by an earlier run."""

    name: str
    rows: int
    added: int
    digest: str


def is_unfinished(engine: sa.Engine) -> bool:
    """Return whether a copy into this database began and did not end."""
    return engine.dialect.name == "postgresql" and sa.inspect(engine).has_table(PROGRESS.name)


@contextmanager
def locked(source: Path) -> Iterator[sqlite3.Connection]:
    """Give the source, which nobody writes to until the block ends. Raises `CannotCopy`."""
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY)) as connection:
        connection.isolation_level = None
        try:
            connection.execute("BEGIN IMMEDIATE")
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.Error as error:
            raise CannotCopy(f"{source} cannot be copied: {error}") from error
        if revision != (migrations.NEWEST,):
            raise CannotCopy(f"{source} has another schema than this version: run `idp db upgrade` on it first")
        try:
            yield connection
        finally:
            connection.rollback()  # a statement that was not read to its end would keep the lock beyond the closing


def copy(source: sqlite3.Connection, target: Database) -> Iterator[CopiedTable]:
    """Copy what is missing, compare everything, and yield each table. The target has the schema of this version.

    The caller finishes the copy with `finish`. Raises `CannotCopy` with the first difference.
    """
    engine = target.writing_engine
    begin(engine)
    every = [Lines(table) for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]
    added = {table.name: _copy_table(source, engine, table) for table in every}
    for table in every:
        rows, digest = _compare(source, engine, table)
        yield CopiedTable(table.name, rows, added[table.name], digest)


def begin(engine: sa.Engine) -> None:
    """Mark an empty target as an unfinished copy, or find that it is one. Raises `CannotCopy` for any other."""
    if is_unfinished(engine):
        with engine.connect() as connection:
            revision = connection.scalar(sa.select(PROGRESS.c.key).where(PROGRESS.c.name == ""))
        if revision != migrations.NEWEST:
            raise CannotCopy(
                "another version began this copy: finish it with that version, or begin with a new database"
            )
        return
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if connection.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)):
                raise CannotCopy(f"the target is in use: its table {table.name} has rows")
        PROGRESS.create(connection)
        connection.execute(sa.insert(PROGRESS).values(name="", key=migrations.NEWEST))
        connection.execute(sa.delete(APPLIED))


def finish(connection: sa.Connection) -> None:
    """Give the target its revision, and its sequences their next values, in the caller's transaction."""
    for table in Base.metadata.sorted_tables:
        for column in table.primary_key:
            if isinstance(column.type, sa.Integer):
                _set_sequence(connection, table.name, column.name)
    connection.execute(sa.insert(APPLIED).values(version_num=migrations.NEWEST))
    PROGRESS.drop(connection)


def _set_sequence(connection: sa.Connection, table: str, column: str) -> None:
    sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table, column)))
    if sequence is not None:
        newest = sa.select(sa.func.max(sa.column(column))).select_from(sa.table(table)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(newest, 1))))


def _copy_table(source: sqlite3.Connection, engine: sa.Engine, table: Lines) -> int:
    """Copy the rows that are missing, batch by batch; how many there were."""
    rows = table.rows(source, _copied_up_to(engine, table.name))
    added = 0
    while batch := list(islice(rows, BATCH)):
        with _plain_faults(engine, table.name), engine.begin() as connection:
            driver = _driver(connection)
            driver.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
            with driver.cursor() as cursor, cursor.copy(table.into.encode()) as lines:
                for start in range(0, len(batch), TOGETHER):
                    lines.write(b"".join(map(table.line, batch[start : start + TOGETHER])))
            _note(connection, table.name, table.key(batch[-1]))
        added += len(batch)
    return added


def _compare(source: sqlite3.Connection, engine: sa.Engine, table: Lines) -> tuple[int, str]:
    """Return the number of rows and the digest of a table that is the same on both sides."""
    digest, count = hashlib.sha256(), 0
    with _plain_faults(engine, table.name), engine.begin() as connection:
        driver = _driver(connection)
        driver.execute(f"SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; {READING}".encode())
        for row, stored in zip_longest(table.rows(source), table.stored(driver)):
            line = table.line(row) if row is not None else b""
            if line != stored:
                where = f"at the key {table.key(row)}" if row is not None else f"behind its {count} rows"
                raise CannotCopy(f"{table.name} is not the same {where}: begin again with a new database")
            digest.update(line)
            count += 1
    return count, digest.hexdigest()


def _copied_up_to(engine: sa.Engine, name: str) -> Key:
    with engine.connect() as connection:
        key = connection.scalar(sa.select(PROGRESS.c.key).where(PROGRESS.c.name == name))
    return tuple(json.loads(key)) if key is not None else ()


def _note(connection: sa.Connection, name: str, key: Key) -> None:
    connection.execute(sa.delete(PROGRESS).where(PROGRESS.c.name == name))
    connection.execute(sa.insert(PROGRESS).values(name=name, key=json.dumps(key)))


def _driver(connection: sa.Connection) -> "psycopg.Connection[tuple[object, ...]]":
    driver: psycopg.Connection[tuple[object, ...]] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


@contextmanager
def _plain_faults(engine: sa.Engine, table: str) -> Iterator[None]:
    """SQLAlchemy does not see the faults of COPY, so that they come as the driver's own."""
    try:
        yield
    except (engine.dialect.loaded_dbapi.Error, sqlite3.Error, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CannotCopy(f"{table} cannot be copied: {reason}; mend it and run the same command again") from error
