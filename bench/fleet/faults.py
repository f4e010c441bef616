"""The faults that `chaos` makes, one after another: each a block in which something is broken.

`review` names the finding that a fault would show again if its mending were undone.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench.fleet import mail
from bench.fleet.installation import Installation
from bench.fleet.processes import Node, Process

LEASE = 10
"""Seconds; the installation's lanes are set to it."""
SOON = 5.0
"""A journey that begins so many seconds after a fault ended has to succeed."""
CHANNEL_PAUSE = 30.0
"""A channel that failed is tried again within this time."""
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


@dataclass
class Fleet:
    """The running processes, which faults break."""

    installed: Installation
    nodes: list[Node]
    workers: list[Process]

    @property
    def engine(self) -> sa.Engine:
        return sa.create_engine(self.installed.url, isolation_level="AUTOCOMMIT")

    def tell_database(self, *statements: str) -> None:
        engine = self.engine
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@dataclass(frozen=True)
class Fault:
    """`seconds` it lasts; `within` how long afterwards all is well again; `refuses`: requests may get 503 meanwhile.

    `twice`: so many mails may come a second time, those that were on their way.
    """

    name: str
    block: Callable[[Fleet], AbstractContextManager[object]]
    seconds: float
    within: float = SOON
    refuses: bool = False
    twice: int = 0
    missing: str = ""
    """The means of this fault that the machine lacks."""


@contextmanager
def one_process_of_a_node_is_killed(fleet: Fleet) -> Iterator[None]:
    os.kill(fleet.nodes[0].process.children()[0], signal.SIGKILL)
    yield


@contextmanager
def a_node_is_killed(fleet: Fleet) -> Iterator[None]:
    fleet.nodes[0].process.send(signal.SIGKILL)
    yield


@contextmanager
def a_worker_is_killed(fleet: Fleet) -> Iterator[None]:
    fleet.workers[0].send(signal.SIGKILL)
    yield


@contextmanager
def a_worker_sleeps_beyond_its_lease(fleet: Fleet) -> Iterator[None]:
    worker = fleet.workers[0]
    worker.send(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send(signal.SIGCONT)


@contextmanager
def a_node_sleeps(fleet: Fleet) -> Iterator[None]:
    process = fleet.nodes[1].process
    process.send(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send(signal.SIGCONT)


@contextmanager
def the_database_is_down(fleet: Fleet) -> Iterator[None]:
    cluster = fleet.installed.database.cluster
    cluster.halt()
    try:
        yield
    finally:
        cluster.resume()


@contextmanager
def connections_are_killed(fleet: Fleet) -> Iterator[None]:
    fleet.tell_database(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'fleet'"
    )
    yield


@contextmanager
def the_database_takes_no_writes(fleet: Fleet) -> Iterator[None]:
    """F5"""
    fleet.tell_database("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    try:
        yield
    finally:
        fleet.tell_database("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")


def the_mail_server_answers(answer: str) -> Callable[[Fleet], AbstractContextManager[None]]:
    """F2: one hiccup costs one pause."""

    @contextmanager
    def block(fleet: Fleet) -> Iterator[None]:
        fleet.installed.post.answer = answer
        try:
            yield
        finally:
            fleet.installed.post.answer = ""

    return block


@contextmanager
def a_client_file_is_missing(fleet: Fleet) -> Iterator[None]:
    """F6: new sign-ins are refused, and nothing ends."""
    file = fleet.installed.folder / "clients" / "bench.toml"
    aside = file.with_suffix(".aside")
    file.rename(aside)
    try:
        yield
    finally:
        aside.rename(file)


@contextmanager
def signing_keys_are_rotated(fleet: Fleet) -> Iterator[None]:
    """F9"""
    fleet.nodes[0].process.release.run("keys", "rotate", "--now", "--reason", "chaos")
    yield


@contextmanager
def a_worker_lacks_the_key_of_the_others(fleet: Fleet) -> Iterator[None]:
    """F3: it leaves the messages that it cannot open."""
    release = fleet.nodes[0].process.release
    stranger = release.start("stranger", "worker", IDP_SECRETS="stranger:" + "QUJD" * 16)
    fleet.installed.started.append(stranger)
    try:
        yield
    finally:
        stranger.stop()


def a_clock_is_off(by: str) -> Callable[[Fleet], AbstractContextManager[None]]:
    """F4: a worker whose clock is wrong takes nothing."""

    @contextmanager
    def block(fleet: Fleet) -> Iterator[None]:
        release = fleet.nodes[0].process.release
        wrong = release.start("wrong-clock", "worker", LD_PRELOAD=str(FAKETIME[-1]), FAKETIME=by)
        fleet.installed.started.append(wrong)
        try:
            yield
        finally:
            wrong.stop()

    return block


NO_FAKETIME = "" if FAKETIME else "libfaketime (apt-get install libfaketime)"
FAULTS = (
    Fault("a process of a node is killed", one_process_of_a_node_is_killed, 5),
    Fault("a node is killed", a_node_is_killed, 10),
    Fault("a worker is killed", a_worker_is_killed, 10, twice=10),
    Fault("a worker sleeps beyond its lease", a_worker_sleeps_beyond_its_lease, LEASE + 5, twice=10),
    Fault("a node sleeps", a_node_sleeps, 10),
    Fault("the database is down", the_database_is_down, 10, refuses=True, twice=10),
    Fault("the database's connections are killed", connections_are_killed, 5, refuses=True, twice=10),
    Fault("the database takes no writes", the_database_takes_no_writes, 8, refuses=True, twice=10),
    Fault("the mail server is busy", the_mail_server_answers("451 4.3.0 busy"), 10, within=CHANNEL_PAUSE),
    Fault("the mail server refuses", the_mail_server_answers("554 5.7.1 no"), 10, within=CHANNEL_PAUSE),
    Fault("the mail server hangs", the_mail_server_answers(mail.HANGS), 12, within=CHANNEL_PAUSE + 5, twice=10),
    Fault("a client file is missing", a_client_file_is_missing, 11, within=10),
    Fault("signing keys are rotated", signing_keys_are_rotated, 10),
    Fault("a worker lacks a key", a_worker_lacks_the_key_of_the_others, 15),
    Fault("a worker's clock is ahead", a_clock_is_off("+10m"), 15, missing=NO_FAKETIME),
    Fault("a worker's clock is behind", a_clock_is_off("-10m"), 15, missing=NO_FAKETIME),
)
