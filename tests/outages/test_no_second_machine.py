"""PostgreSQL waits for a second machine that never comes: 503 with what was typed, and nothing hangs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from idp.database import Base, DatabaseUnavailable
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.outages.conftest import assert_asks_for_patience, is_recovered
from tests.support.browser import Browser
from tests.support.postgresql import Cluster, find_binaries

LONGEST = 8.0
"""Seconds: a request makes two commits, and each waits for `busy_timeout` at most."""
READ_WITHIN = 0.5  # seconds


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
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
    return cluster.url()


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"database": {"busy_timeout": 1}}


@contextmanager
def alone(cluster: Cluster) -> Iterator[None]:
    """Nothing is acknowledged meanwhile, as where Patroni has one machine left."""
    engine = sa.create_engine(cluster.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        time.sleep(READ_WITHIN)
        try:
            yield
        finally:
            connection.exec_driver_sql("ALTER SYSTEM RESET synchronous_standby_names")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()


def test_a_form_is_refused_in_time_and_taken_once_a_second_machine_is_there(
    cluster: Cluster, visitor: Browser, anne: Account
) -> None:
    visitor.get("/login?portal=e-services")

    with alone(cluster):
        begin = time.monotonic()
        page = visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")
        took = time.monotonic() - begin

    assert_asks_for_patience(page, anne)
    assert took < LONGEST
    assert is_recovered(visitor, anne)


def test_what_no_second_machine_has_is_not_acknowledged(cluster: Cluster, provider: Provider) -> None:
    with alone(cluster), pytest.raises(DatabaseUnavailable), provider.database.transaction() as tx:
        tx.execute(sa.text("CREATE TABLE in_doubt ()"))

    with provider.database.transaction() as tx:
        tx.execute(sa.text("DROP TABLE in_doubt"))


def test_other_warnings_are_no_doubt(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        tx.execute(sa.text("DO $$ BEGIN RAISE WARNING 'something else'; END $$"))
