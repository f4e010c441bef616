"""The worker as it runs: woken, with threads, next to others, and killed in mid-batch."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from idp.clock import SystemClock
from idp.codes import service as codes
from idp.database import Database
from idp.messages.delivery import Delivery, Parcel, stateless
from idp.messages.outbox import OutboxRow
from idp.messages.worker import Worker
from idp.provider import Provider
from idp.settings import Settings
from tests.messages.support import enqueue, message
from tests.support.application import TEST_SECRETS

pytestmark = pytest.mark.both_databases


@pytest.fixture
def clock() -> SystemClock:
    """Threads and processes live in real time."""
    return SystemClock()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@contextmanager
def running(provider: Provider, deliveries: dict[str, Delivery]) -> Iterator[None]:
    stop = Event()
    thread = Thread(
        target=Worker(
            provider.settings.outbox, provider.clock, provider.database, deliveries, codes.undelivered
        ).run_forever,
        args=(stop,),
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def left(database: Database) -> int:
    with database.reading() as tx:
        return tx.execute(
            sa.select(sa.func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
        ).scalar_one()


def test_a_queued_message_leaves_at_once(provider: Provider, database: Database) -> None:
    """B-42: delivered within 5 seconds; codes are expected within one."""
    arrived = Event()
    with running(provider, {"email": stateless(lambda parcel: arrived.set())}):
        time.sleep(0.5)
        begin = time.monotonic()
        enqueue(database, message("sign_in_code", lane="codes"))

        assert arrived.wait(5)
        assert time.monotonic() - begin < 1


def test_bulk_mail_never_delays_a_code(provider: Provider, database: Database) -> None:
    """Rulings 21"""
    arrived = Event()

    def deliver(parcel: Parcel) -> None:
        if parcel.payload["template"] == "sign_in_code":
            arrived.set()
        else:
            time.sleep(0.2)

    enqueue(database, *[message(lane="bulk") for _ in range(60)])
    with running(provider, {"email": stateless(deliver)}):
        time.sleep(0.5)
        enqueue(database, message("sign_in_code", lane="codes"))

        assert arrived.wait(2)
        assert left(database) > 20


def test_a_slow_gateway_never_delays_a_mail(provider: Provider, database: Database) -> None:
    """Rulings 27"""
    arrived, release = Event(), Event()

    def hang(parcel: Parcel) -> None:
        release.wait(10)

    with running(provider, {"email": stateless(lambda parcel: arrived.set()), "sms": stateless(hang)}):
        enqueue(database, *[message("sign_in_code", "sms", lane="codes") for _ in range(20)])
        time.sleep(0.5)
        enqueue(database, message("sign_in_code", "email", lane="codes"))

        assert arrived.wait(2)
        release.set()


def test_workers_side_by_side_deliver_each_message_once(provider: Provider, database: Database) -> None:
    delivered: list[str] = []
    lock = Lock()

    def deliver(parcel: Parcel) -> None:
        with lock:
            delivered.append(parcel.id)

    ids = enqueue(database, *[message(lane=lane) for lane in ("codes", "notices", "bulk") for _ in range(60)])
    deliveries: dict[str, Delivery] = {"email": stateless(deliver)}
    with running(provider, deliveries), running(provider, deliveries):
        wait_for(lambda: left(database) == 0)

    assert sorted(delivered) == sorted(ids)


def test_a_stopped_worker_gives_back_what_it_did_not_send(provider: Provider, database: Database) -> None:
    sent: list[str] = []

    def deliver(parcel: Parcel) -> None:
        time.sleep(0.1)
        sent.append(parcel.id)

    enqueue(database, *[message() for _ in range(20)])
    with running(provider, {"email": stateless(deliver)}):
        wait_for(lambda: bool(sent))

    with database.reading() as tx:
        open_rows = tx.session.scalars(sa.select(OutboxRow).where(OutboxRow.done_at.is_(None))).all()
    assert len(open_rows) == 20 - len(sent)
    assert {(row.lease, row.attempts) for row in open_rows} == {("", 0)}


def test_a_database_that_drops_its_connections_is_watched_again(provider: Provider, database: Database) -> None:
    arrived = Event()
    with running(provider, {"email": stateless(lambda parcel: arrived.set())}):
        time.sleep(0.5)
        if database.writing_engine.dialect.name == "postgresql":
            with database.writing_engine.begin() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN outbox'"
                )
        time.sleep(1.5)
        enqueue(database, message("sign_in_code", lane="codes"))

        assert arrived.wait(1)


def start(settings: Settings, log: Path) -> subprocess.Popen[bytes]:
    secret = TEST_SECRETS["keys"]["test"].decode()  # type: ignore[index]
    arguments: list[Any] = [settings.database.url, settings.files.variable, log, secret]
    return subprocess.Popen([sys.executable, "-m", "tests.messages.postman_process", *map(str, arguments)])


def test_a_worker_killed_in_mid_batch_loses_nothing(settings: Settings, database: Database, tmp_path: Path) -> None:
    """Design §6: at least once; a kill may cost one message a second delivery, never its loss."""
    log = tmp_path / "delivered"
    ids = enqueue(database, *[message() for _ in range(200)])

    killed = start(settings, log)
    try:
        wait_for(lambda: log.exists() and len(log.read_text().split()) > 30, seconds=40)
    finally:
        killed.kill()
        killed.wait()
    assert left(database) > 0
    successor = start(settings, log)
    try:
        wait_for(lambda: left(database) == 0, seconds=40)
    finally:
        successor.terminate()
        successor.wait()

    delivered = log.read_text().split()
    assert set(delivered) == set(ids)
    assert len(delivered) - len(ids) <= 1
