"""Machines whose clocks are wrong, or set while they run: they harm no message, and follow what changes."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import sqlalchemy as sa
from flask import Flask

import flows
from idp.app import create_app
from idp.clock import Clock, SystemClock
from idp.database import Database
from idp.messages.delivery import Parcel, TryLater, stateless
from idp.messages.outbox import OutboxRow
from idp.messages.worker import Worker
from idp.provider import Provider
from idp.settings import Settings
from idp.upkeep.runner import Chore, Upkeep
from tests.messages.support import enqueue, message
from tests.outages.conftest import readiness
from tests.support.clock import MovableClock, WrongClock

MINUTES = [timedelta(minutes=10), timedelta(minutes=-10)]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def clock() -> Clock:
    """The real one, and the database's own beside it."""
    return SystemClock()


@pytest.fixture
def wrong(settings: Settings, clock: Clock, off: timedelta) -> Iterator[Flask]:
    """Another machine, whose clock is off."""
    app = create_app(settings, flows=flows.ALL, clock=WrongClock(clock, off))
    yield app
    app.extensions["provider"].database.dispose()


def worker(provider: Provider, delivered: list[str]) -> Worker:
    return Worker(
        provider.settings.outbox,
        provider.clock,
        provider.database,
        {"email": stateless(lambda parcel: delivered.append(parcel.id))},
        lambda tx, about: None,
    )


def row(database: Database) -> OutboxRow:
    with database.reading() as tx:
        return tx.session.scalars(sa.select(OutboxRow)).one()


@pytest.mark.parametrize("off", MINUTES, ids=["ahead", "behind"])
def test_a_worker_whose_clock_is_off_takes_nothing_from_one_whose_clock_is_right(
    provider: Provider, database: Database, wrong: Flask, off: timedelta
) -> None:
    """Rulings 37: ten minutes ahead, every lease looks over and every code too late"""
    sent: list[str] = []
    stolen: list[str] = []
    other = worker(wrong.extensions["provider"], stolen)
    held = Event()

    def slowly(parcel: Parcel) -> None:
        held.set()
        other.run_once()
        sent.append(parcel.id)

    ids = enqueue(database, message("sign_in_code", lane="codes"))
    stop = Event()
    threads = [Thread(target=other.run_forever, args=(stop,))]
    for thread in threads:
        thread.start()
    try:
        held.wait(0.5)
        Worker(
            provider.settings.outbox,
            provider.clock,
            provider.database,
            {"email": stateless(slowly)},
            lambda tx, about: None,
        ).run_once()
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)

    assert (sent, stolen) == (ids, [])
    assert row(database).outcome == "sent"


@pytest.mark.parametrize("off", MINUTES, ids=["ahead", "behind"])
def test_what_a_machine_with_a_wrong_clock_queues_leaves_at_once(
    provider: Provider, wrong: Flask, off: timedelta
) -> None:
    """Rulings 37: due by the database's clock"""
    sent: list[str] = []
    ids = enqueue(wrong.extensions["provider"].database, message())

    worker(provider, sent).run_once()

    assert sent == ids


def test_a_clock_that_is_set_during_a_batch_ends_neither_the_batch_nor_a_message(settings: Settings) -> None:
    """Its messages are not called late, and their next try is by the database's clock"""
    jumping = WrongClock(SystemClock(), timedelta(0))
    provider: Provider = create_app(settings, flows=(), clock=jumping).extensions["provider"]
    tried: list[str] = []

    def try_and_jump(parcel: Parcel) -> None:
        jumping.off = timedelta(minutes=30)
        tried.append(parcel.id)
        raise TryLater("SMTP 451")

    ids = enqueue(provider.database, message("sign_in_code", lane="codes"), message("sign_in_code", lane="codes"))
    Worker(
        provider.settings.outbox,
        provider.clock,
        provider.database,
        {"email": stateless(try_and_jump)},
        lambda tx, about: None,
    ).run_once()

    assert tried == ids
    with provider.database.reading() as tx:
        due = tx.execute(sa.select(sa.func.max(OutboxRow.due_at, type_=OutboxRow.due_at.type))).scalar_one()
        assert due - tx.shared.now < timedelta(seconds=10)
    provider.database.dispose()


@pytest.mark.parametrize("off", [timedelta(seconds=3), timedelta(seconds=-3)], ids=["ahead", "behind"])
def test_a_node_is_unready_while_its_clock_is_off(app: Flask, wrong: Flask, off: timedelta) -> None:
    """Rulings 37"""
    assert readiness(app)["clock"] == "ok"
    assert readiness(wrong)["clock"].startswith("this machine's clock is")


@pytest.mark.parametrize("off", MINUTES, ids=["ahead", "behind"])
def test_a_node_whose_clock_is_off_does_no_chores(provider: Provider, wrong: Flask, off: timedelta) -> None:
    """A year ahead it would delete the audit trail and disable everybody"""
    chore = Chore("specimen", timedelta(seconds=1), lambda _: 1)

    assert Upkeep(provider, [chore]).run_once() == {"specimen": 1}
    assert Upkeep(wrong.extensions["provider"], [chore]).run_once() == {}


class TestSetBack:
    """A clock that is set back while the process runs."""

    @pytest.fixture
    def clock(self) -> MovableClock:
        return MovableClock()

    @pytest.fixture
    def overrides(self, tmp_path: Path) -> dict[str, dict[str, str]]:
        shutil.copytree("tests/portals/clients", tmp_path / "clients")
        return {"files": {"clients": str(tmp_path / "clients")}}

    def test_files_of_clients_are_followed(self, provider: Provider, clock: MovableClock, tmp_path: Path) -> None:
        assert provider.registry.current().client("basic")
        clock.jump(timedelta(minutes=-10))
        (tmp_path / "clients" / "basic.toml").unlink()

        clock.forward(seconds=6)

        assert provider.registry.current().client("basic") is None

    def test_keys_are_followed(self, app: Flask, provider: Provider, settings: Settings, clock: MovableClock) -> None:
        other: Provider = create_app(settings, flows=(), clock=clock).extensions["provider"]
        other.signing_keys.jwks()
        clock.jump(timedelta(minutes=-10))
        kid = provider.signing_keys.rotate("ES256").kid

        clock.forward(seconds=6)

        assert kid in {key["kid"] for key in json.loads(other.signing_keys.jwks())["keys"]}
        other.database.dispose()

    def test_chores_are_done(self, provider: Provider, clock: MovableClock) -> None:
        upkeep = Upkeep(provider, [Chore("specimen", timedelta(seconds=1), lambda _: 1)])
        upkeep.run_once()
        clock.jump(timedelta(minutes=-10))

        clock.forward(seconds=2)

        assert upkeep.run_once() == {"specimen": 1}
