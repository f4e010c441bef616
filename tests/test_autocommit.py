"""Connections of PostgreSQL rest in the driver's autocommit."""

from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from idp.database import Database, Transaction


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


def rests(tx: Transaction) -> bool:
    driver: Any = tx.connection.connection.driver_connection
    return bool(driver.autocommit)


def test_a_reading_takes_a_connection_as_a_writer_left_it(database: Database) -> None:
    with database.transaction() as tx:
        assert not rests(tx)
    with suppress(ZeroDivisionError), database.transaction() as tx:
        tx.execute(sa.select(1))
        raise ZeroDivisionError

    with database.reading() as tx:
        assert rests(tx)
        assert tx.execute(sa.text("SELECT pg_current_xact_id_if_assigned()")).scalar() is None


def test_a_writer_that_fails_leaves_nothing_behind(database: Database) -> None:
    with suppress(ZeroDivisionError), database.transaction() as tx:
        tx.execute(sa.text("CREATE TABLE left_behind (id integer)"))
        raise ZeroDivisionError

    with database.reading() as tx:
        assert tx.execute(sa.text("SELECT to_regclass('left_behind')")).scalar() is None


def test_who_asks_for_autocommit_keeps_it(database: Database) -> None:
    """PostgreSQL refuses VACUUM in a transaction."""
    with database.writing_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM people")
