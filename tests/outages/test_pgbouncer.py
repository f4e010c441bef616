"""Behind PgBouncer in transaction mode every transaction may meet another server process."""

import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask

from idp import migrations
from idp.app import create_app, worker_of
from idp.database import Base
from idp.migrations import upgrading
from idp.provider import Provider
from idp.settings import Settings
from tests.flows.conftest import Account
from tests.messages.support import enqueue, message
from tests.outages.conftest import sign_in
from tests.support import pgbouncer
from tests.support.browser import Browser
from tests.support.parallel import in_parallel
from tests.support.postgresql import Cluster, find_binaries

SERVERS = 2
OFTEN = 12
"""The driver prepares a statement after five times."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    own = Cluster(binaries)
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def pooled(cluster: Cluster) -> Iterator[str]:
    engine = sa.create_engine(cluster.url())
    Base.metadata.create_all(engine)
    engine.dispose()
    with pgbouncer.before(cluster, SERVERS) as port:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"


@pytest.fixture
def database_url(pooled: str) -> str:
    return pooled


@pytest.fixture
def overrides(cluster: Cluster) -> dict[str, Any]:
    return {"database": {"direct_url": cluster.url()}, "outbox": {"poll": 600}}


def test_people_sign_in_through_few_connections_at_once(
    provider: Provider, app: Flask, visitor: Browser, anne: Account
) -> None:
    def often() -> None:
        for _ in range(OFTEN):
            with provider.database.reading() as tx:
                tx.execute(sa.select(sa.func.count()).select_from(sa.text("people"))).scalar()
            with provider.database.transaction() as tx:
                tx.execute(sa.text("UPDATE nodes SET ahead = 0 WHERE id = :id"), {"id": "nobody"})

    assert sign_in(visitor, anne).heading == "Your sign-in code"
    in_parallel(*[often] * 4 * SERVERS)


def test_a_worker_is_woken_although_notifications_do_not_pass_a_pooler(app: Flask, provider: Provider) -> None:
    """The poll of this worker would come after ten minutes."""
    stop = Event()
    worker = worker_of(provider)
    thread = Thread(target=worker.run_forever, args=(stop,))
    thread.start()
    until(provider, "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")

    enqueue(provider.database, message())

    until(provider, "SELECT count(*) = 0 FROM outbox WHERE done_at IS NULL")
    stop.set()
    enqueue(provider.database, message())  # the thread that listens waits for this one
    thread.join()


def test_an_upgrade_goes_past_the_pooler(settings: Settings, cluster: Cluster) -> None:
    """It keeps limits and a lock for as long as its connection lives."""
    admin = sa.create_engine(cluster.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE fresh")
    admin.dispose()
    url = settings.database.url.replace("/postgres", "/fresh")
    addresses = msgspec.structs.replace(settings.database, url=url, direct_url=cluster.url("fresh"))
    database = (
        create_app(msgspec.structs.replace(settings, database=addresses), flows=()).extensions["provider"].database
    )

    assert upgrading.upgrade(database) == ("", migrations.NEWEST)

    assert not migrations.pending(database)
    database.dispose()


def until(provider: Provider, condition: str) -> None:
    """Ask until it is true. A busy machine may take its time; a defect would take for ever."""
    latest = time.monotonic() + 60
    while time.monotonic() < latest:
        with provider.database.reading() as tx:
            if tx.execute(sa.text(condition)).scalar():
                return
    pytest.fail(f"never true: {condition}")
