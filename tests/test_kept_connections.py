"""Connections that the applications of a test run hand on: the next one finds nothing of the last."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa


@pytest.fixture
def last(postgresql_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgresql_url)
    yield engine
    engine.dispose()


def process(connection: sa.Connection) -> int:
    """The server's process behind a connection."""
    found: int = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    return found


@pytest.fixture
def coming(postgresql_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgresql_url)
    yield engine
    engine.dispose()


def hand_on(last: sa.Engine, *statements: str) -> int:
    """Run these on a connection of the last application and let it end; the number of the server's process."""
    with last.connect() as connection:
        number = process(connection)
        for each in statements:
            connection.exec_driver_sql(each)
        connection.commit()
    last.dispose()
    return number


def test_the_next_application_gets_the_connection_of_the_last(last: sa.Engine, coming: sa.Engine) -> None:
    number = hand_on(last)

    with coming.connect() as connection:
        assert process(connection) == number
        assert connection.dialect.server_version_info == last.dialect.server_version_info
        assert connection.dialect.default_schema_name == "public"


LEFT = {
    "a setting": ("SET lock_timeout = '7s'", "SHOW lock_timeout", "0"),
    "a temporary table": ("CREATE TEMPORARY TABLE left_over (n int)", "SELECT to_regclass('left_over')", None),
    "a subscription": ("LISTEN left_over", "SELECT count(*) FROM pg_listening_channels()", 0),
    "a lock": ("SELECT pg_advisory_lock(7)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 0),
    "a role": ("SET ROLE pg_read_all_data", "SELECT current_user", "postgres"),
}


@pytest.mark.parametrize(("statement", "question", "answer"), LEFT.values(), ids=LEFT)
def test_nothing_that_the_last_application_did_is_left(
    last: sa.Engine, coming: sa.Engine, statement: str, question: str, answer: Any
) -> None:
    number = hand_on(last, statement)

    with coming.connect() as connection:
        assert process(connection) == number
        assert connection.exec_driver_sql(question).scalar() == answer


def test_values_are_read_as_the_next_engine_reads_them(last: sa.Engine, coming: sa.Engine) -> None:
    with last.connect() as connection:
        connection.connection.driver_connection.adapters.register_loader("text", _Shouting)  # type: ignore[union-attr]
        assert connection.exec_driver_sql("SELECT 'a'::text").scalar() == "A"
    hand_on(last)

    with coming.connect() as connection:
        assert connection.exec_driver_sql("SELECT 'a'::text").scalar() == "a"


def test_a_connection_in_the_middle_of_a_transaction_is_not_handed_on(last: sa.Engine, coming: sa.Engine) -> None:
    pooled = last.raw_connection()
    raw: Any = pooled.driver_connection
    number = raw.info.backend_pid
    raw.execute("SELECT 1")
    pooled.detach()
    last.dialect.do_close(raw)

    with coming.connect() as connection:
        assert process(connection) != number


def test_a_connection_that_the_server_closed_is_not_handed_on(last: sa.Engine, coming: sa.Engine) -> None:
    with coming.connect() as connection:
        number = hand_on(last)
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({number}, 5000)")
        with coming.connect() as another:
            assert process(another) not in {number, process(connection)}


def test_connections_to_a_database_of_a_tests_own_are_not_kept(last: sa.Engine) -> None:
    """Else it could not be dropped, and the next one would not obey the settings that it was given meanwhile."""
    own = sa.create_engine(last.url.set(database="own"))
    with last.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.exec_driver_sql("CREATE DATABASE own")
        with own.connect() as connection:
            before = process(connection)
        own.dispose()
        with own.connect() as connection:
            assert process(connection) != before
        own.dispose()
        admin.exec_driver_sql("DROP DATABASE own")


class _Shouting:
    """A loader of psycopg that an application might register for itself."""

    format = 0

    def __init__(self, oid: int, context: object = None) -> None: ...

    def load(self, data: bytes) -> str:
        return bytes(data).decode().upper()
