"""Applying the steps of the schema's history, with Alembic."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from idp.database import Database
from idp.migrations import FOLDER, NEWEST, CannotUpgrade, current

logging.getLogger("alembic.runtime").setLevel(logging.WARNING)  # what was applied is told in one line, by the command

ATTEMPTS = 60
PAUSE = 1.0  # seconds, in which those who waited behind the step go on
IN_THE_WAY = frozenset({"55P03", "40P01"})
"""Where others hold what a step needs: lock_not_available, and deadlock_detected, whose victim was the step."""
ALONE = 7_341_129_560
"""The number of the advisory lock that one upgrade at a time holds."""


def configuration() -> Config:
    config = Config(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER))
    return config


def upgrade(database: Database) -> tuple[str, str]:
    """Bring the schema to the newest revision; answers with the revisions before and after.

    A schema that is ahead, because the next version upgraded it, stays as it is. Each step has its own transaction, and
    gives way to others where it gets no lock in time, or is given up in a deadlock. Raises `CannotUpgrade`.
    """
    before = current(database)
    after = max(before, NEWEST)
    if before != after:
        config = configuration()
        with database.session_engine.connect() as connection, _alone(connection):
            config.attributes["connection"] = connection
            _apply(config)
    return before, after


def _apply(config: Config) -> None:
    for _ in range(ATTEMPTS):
        try:
            command.upgrade(config, "head")
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", "") not in IN_THE_WAY:
                raise
            time.sleep(PAUSE)
        else:
            return
    raise CannotUpgrade("a table is in use all the time: see pg_locks for who holds it, then upgrade again")


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """Let one upgrade run at a time. The connection, whose limits a step changes, is not used again."""
    if connection.dialect.name != "postgresql":  # SQLite has one writer
        yield
        return
    try:
        _wait_for_turn(connection)
        yield
    finally:
        connection.invalidate()


def _wait_for_turn(connection: sa.Connection) -> None:
    """Ask again and again: a session that waits in the database would hold up the building of an index."""
    for _ in range(ATTEMPTS):
        with connection.begin():
            if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ALONE))):
                return
        time.sleep(PAUSE)
    raise CannotUpgrade("another upgrade of this database is running: wait for its end")
