"""PostgreSQL is stopped, slow, read-only, or has no connection left: 503 with what was typed, and nobody restarts
anything."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from time import sleep
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.database import Base, DatabaseUnavailable, prepare_postgresql
from idp.provider import Provider
from idp.settings_loader import load_settings
from tests.flows.conftest import Account
from tests.outages.conftest import assert_asks_for_patience, is_recovered, readiness, reasons, sign_in
from tests.support.browser import Browser
from tests.support.parallel import in_parallel
from tests.support.postgresql import Cluster, find_binaries


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One of its own, to be stopped: it must keep what was committed a moment before."""
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    own = Cluster(binaries, durable=True)
    own.start()
    engine = sa.create_engine(own.url())
    Base.metadata.create_all(engine)
    engine.dispose()
    yield own
    own.stop()


@pytest.fixture
def database_url(cluster: Cluster) -> str:
    engine = sa.create_engine(cluster.url())
    with engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        for table in Base.metadata.sorted_tables:
            connection.execute(sa.delete(table))
    engine.dispose()
    return cluster.url()


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"database": {"pool_size": 2, "busy_timeout": 1}}


@pytest.fixture
def lock(cluster: Cluster, provider: Provider) -> Iterator[sa.Connection]:
    """Somebody else's transaction that holds every row a sign-in needs."""
    engine = sa.create_engine(cluster.url())
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE rate_limits IN ACCESS EXCLUSIVE MODE")
        yield connection
        connection.invalidate()  # the server may be another one by now
    engine.dispose()


def test_a_stopped_server_asks_for_patience_and_is_recovered_from(
    cluster: Cluster, visitor: Browser, anne: Account, log: io.StringIO
) -> None:
    """X-27"""
    visitor.get("/login?portal=e-services")
    cluster.halt()
    try:
        page = visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")
        assert_asks_for_patience(page, anne)
        assert reasons(log)
        assert visitor.get("/readyz").status == 503
        assert visitor.get("/healthz").status == 200
        visitor.page = page
    finally:
        cluster.resume()

    assert is_recovered(visitor, anne)


def test_a_server_that_stops_in_the_middle_of_a_request(
    cluster: Cluster, visitor: Browser, anne: Account, lock: sa.Connection, log: io.StringIO
) -> None:
    """X-27"""
    visitor.get("/login?portal=e-services")
    visitor.fill(identifier=anne.address, password=anne.password)
    request = Thread(target=visitor.press, args=("sign-in",))
    request.start()
    sleep(0.3)  # it waits for the lock now

    cluster.halt()
    request.join()
    cluster.resume()

    assert_asks_for_patience(visitor.page, anne)
    assert reasons(log)
    assert is_recovered(visitor, anne)


def test_a_statement_that_waits_too_long_is_given_up(
    visitor: Browser, anne: Account, lock: sa.Connection, log: io.StringIO
) -> None:
    """X-27: a worker is not held for ever"""
    page = sign_in(visitor, anne)

    assert_asks_for_patience(page, anne)
    assert "timeout" in reasons(log)[0]
    lock.rollback()
    assert is_recovered(visitor, anne)


def test_without_a_free_connection_one_is_waited_for_and_then_given_up(
    provider: Provider, visitor: Browser, anne: Account, log: io.StringIO
) -> None:
    """X-27"""
    visitor.get("/login?portal=e-services")
    taken = [provider.database.writing_engine.connect() for _ in range(4)]
    try:
        page = visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")
    finally:
        for connection in taken:
            connection.close()

    assert_asks_for_patience(page, anne)
    assert "QueuePool limit" in reasons(log)[0]
    assert is_recovered(visitor, anne)


@contextmanager
def read_only(cluster: Cluster) -> Iterator[None]:
    """The server takes no writes, as a replica does that answers for its primary."""

    def configure(*statements: str) -> None:
        engine = sa.create_engine(cluster.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in (*statements, "SELECT pg_reload_conf()"):
                connection.exec_driver_sql(statement)
        engine.dispose()
        sleep(0.3)  # until every server process has read its configuration

    configure("ALTER SYSTEM SET default_transaction_read_only = on")
    try:
        yield
    finally:
        configure("ALTER SYSTEM RESET default_transaction_read_only")


def test_a_server_that_takes_no_writes_asks_for_patience_and_is_recovered_from(
    cluster: Cluster, app: Flask, visitor: Browser, anne: Account, log: io.StringIO
) -> None:
    """X-27"""
    with read_only(cluster):
        assert_asks_for_patience(sign_in(visitor, anne), anne)
        assert "read-only transaction" in reasons(log)[0]
        assert readiness(app)["database"] == "it takes no writes"

    assert is_recovered(visitor, anne)
    assert readiness(app)["database"] == "ok"


def test_a_connection_that_leads_to_a_server_without_writes_is_dropped(provider: Provider, cluster: Cluster) -> None:
    """After a failover it would lead to the former primary for as long as it lives."""
    with provider.database.reading() as tx:
        before = tx.execute(sa.select(sa.func.pg_backend_pid())).scalar()

    with pytest.raises(DatabaseUnavailable), provider.database.transaction() as tx:
        tx.connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        tx.connection.exec_driver_sql("DELETE FROM rate_limits")

    with provider.database.reading() as tx:
        assert tx.execute(sa.select(sa.func.pg_backend_pid())).scalar() != before


def test_nobody_notices_a_server_that_was_restarted_between_two_requests(
    cluster: Cluster, visitor: Browser, anne: Account, provider: Provider, log: io.StringIO
) -> None:
    """X-27: the connections of before are dead, and replaced before a request meets one"""
    visitor.get("/login?portal=e-services")
    taken = [provider.database.writing_engine.connect() for _ in range(2)]
    for connection in taken:
        connection.close()

    cluster.halt()
    cluster.resume()

    assert sign_in(visitor, anne).heading == "Your sign-in code"
    assert reasons(log) == []


def test_two_that_wait_for_each_other_are_an_outage_and_no_bug(provider: Provider) -> None:
    """SQLSTATE 40P01: one of the two is given up"""
    failures: list[str] = []
    meet = Barrier(2)

    def lock(*tables: str) -> None:
        try:
            with provider.database.transaction() as tx:
                tx.connection.exec_driver_sql("SET LOCAL deadlock_timeout = '100ms'; SET LOCAL lock_timeout = 0")
                tx.connection.exec_driver_sql(f"LOCK TABLE {tables[0]}")
                meet.wait()
                tx.connection.exec_driver_sql(f"LOCK TABLE {tables[1]}")
        except DatabaseUnavailable as error:
            failures.append(str(error))

    in_parallel(lambda: lock("people", "outbox"), lambda: lock("outbox", "people"))

    assert failures == ["deadlock detected"]


class TestWithAnotherEncoding:
    """Made without `--encoding`, on a machine without a language, a database holds bytes and not letters."""

    @pytest.fixture
    def database_url(self, cluster: Cluster) -> Iterator[str]:
        engine = sa.create_engine(cluster.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(
                "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
            )
            yield cluster.url("bytes")
            connection.exec_driver_sql("DROP DATABASE bytes WITH (FORCE)")
        engine.dispose()

    def test_the_reason_is_said(self, database_url: str) -> None:
        engine = sa.create_engine(database_url)
        prepare_postgresql(engine, load_settings({"IDP_SECRETS": f"k:{'A' * 43}="}).database, limits=True)

        with pytest.raises(sa.exc.OperationalError, match="createdb --encoding UTF8"):
            engine.connect()
