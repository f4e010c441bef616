"""What the doctor sees of the other processes: keys that do not match, clocks that are off."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import msgspec
import pytest

from idp.app import create_app
from idp.provider import Provider
from idp.settings import Secrets, Settings
from idp.upkeep import diagnosis, nodes
from tests.support.clock import MovableClock, WrongClock

pytestmark = pytest.mark.both_databases

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
Start = Callable[..., Provider]


@pytest.fixture
def start(settings: Settings, clock: MovableClock) -> Iterator[Start]:
    """Another process, with keys and a clock of its own, that said so."""
    with ExitStack() as ends:

        def start(name: str, *, off: timedelta = timedelta(0), **keys: bytes) -> Provider:
            secrets = Secrets(keys=keys, active=next(iter(keys)))
            own = msgspec.structs.replace(settings, secrets=secrets)
            app = create_app(own, flows=(), clock=WrongClock(clock, off))
            provider: Provider = app.extensions["provider"]
            ends.callback(provider.database.dispose)
            nodes.beat(provider, name)
            return provider

        yield start


def told(provider: Provider) -> str:
    return "\n".join(found.reason for found in diagnosis.nodes(provider))


def test_a_process_that_does_not_know_the_key_others_seal_under_is_named(start: Start) -> None:
    """A rotation that left out its first phase"""
    start("one", k2=OLD)
    doctor = start("two", k3=NEW, k2=OLD)

    assert "one cannot open what" in told(doctor)
    assert "the key k3" in told(doctor)


def test_the_two_phases_of_a_rotation_are_sound_at_every_moment(start: Start) -> None:
    start("one", k2=OLD)
    assert told(start("two", k2=OLD, k3=NEW)) == ""
    start("one", k2=OLD, k3=NEW)

    assert told(start("two", k3=NEW, k2=OLD)) == ""


def test_another_key_of_the_same_name_is_seen(start: Start) -> None:
    start("one", k2=OLD)

    assert "another of that name" in told(start("two", k2=OTHER))


def test_a_process_whose_clock_is_off_is_named(start: Start) -> None:
    """Rulings 37"""
    start("one", k2=OLD, off=timedelta(minutes=10))

    assert told(start("two", k2=OLD)) == "the clock of one is 600.0 s ahead of the database's"


def test_a_process_that_ended_is_not_spoken_of(start: Start, clock: MovableClock) -> None:
    start("one", k2=OLD)
    clock.forward(minutes=3)

    assert told(start("two", k3=NEW)) == ""


@pytest.mark.parametrize(("process", "named"), [("gunicorn 7", True), ("granian 7", False), ("worker 7", False)])
def test_the_doctor_names_the_faster_server_where_the_other_one_serves(start: Start, process: str, named: bool) -> None:
    doctor = start(f"{socket.gethostname()} {process}", k2=OLD)

    found = list(diagnosis.server(doctor))

    assert [finding.verdict for finding in found] == [diagnosis.GOOD] * named
    assert all("idp serve --server granian" in finding.reason for finding in found)


def test_the_doctor_recommends_no_server_to_another_machine(start: Start) -> None:
    assert list(diagnosis.server(start("another.example.ch gunicorn 7", k2=OLD))) == []


def test_a_process_goes_on_telling_of_itself_after_a_fault(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    process = start("one", k2=OLD)
    told, stop = [], threading.Event()

    def fail_once(_provider: Provider, node_id: str) -> None:
        told.append(node_id)
        if len(told) == 1:
            raise OSError("a file that nobody expected")
        stop.set()

    monkeypatch.setattr(nodes, "beat", fail_once)
    monkeypatch.setattr(nodes, "EVERY", 0.01)

    thread = nodes.in_background(process, "worker", stop)
    thread.join(timeout=30)

    assert len(told) == 2
