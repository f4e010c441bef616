"""The faults that `chaos` makes, one after another: each a block in which something is broken.

A docstring names the finding of an earlier run that the fault shows again if its mending is undone.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy.exc import OperationalError

from bench.fleet import clocks, disk, keys, mail
from bench.fleet.fleet import Fleet
from idp.migrations import NEWEST

Block = Callable[[Fleet], AbstractContextManager[object]]
LEASE = 10
"""Seconds; the installation's lanes are set to it."""
SOON = 5.0
"""A journey that begins so many seconds after a fault ended has to succeed."""
CHANNEL_PAUSE = 30.0
"""A channel that failed is tried again within this time."""
TWO_LOOKS = 12.0
"""The worker looks at the files, then each process at what it found; a journey begins a little later."""
SLOW = 5.0
"""Seconds that the slow gateway takes: more than `sms.timeout`."""
SCHEMA_AS_IT_IS = f"UPDATE alembic_version SET version_num = '{NEWEST}'"  # noqa: S608
NO_ANSWER = frozenset({0})
REFUSED = frozenset({503})


@dataclass(frozen=True)
class Fault:
    """`seconds` it lasts; `within` how long afterwards all is well again; `allowed`: failures that it may cause.

    `twice`: so many messages may come a second time, those that were on their way.
    """

    name: str
    block: Block
    seconds: float
    allowed: frozenset[int] = frozenset()
    within: float = SOON
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
def a_node_sleeps(fleet: Fleet) -> Iterator[None]:
    process = fleet.nodes[1].process
    process.send(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send(signal.SIGCONT)


@contextmanager
def a_node_is_told_to_end(fleet: Fleet) -> Iterator[None]:
    """F8: nobody takes it out of the balancer, which finds it unready while it still serves."""
    fleet.nodes[2].process.popen.terminate()
    yield


@contextmanager
def the_schema_is_a_step_ahead(fleet: Fleet) -> Iterator[None]:
    """F1: the next version upgraded it, and this one serves on."""
    for node in fleet.nodes:
        node.wait_until_ready()  # one may still be starting after the fault before
    fleet.tell_database("UPDATE alembic_version SET version_num = '9999'")
    try:
        yield
        unready = [node.process.name for node in fleet.nodes if not node.ready()]
        assert not unready, f"unready: {', '.join(unready)}"
    finally:
        fleet.tell_database(SCHEMA_AS_IT_IS)


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
def the_database_crashes(fleet: Fleet) -> Iterator[None]:
    """Kill one of its processes: it then ends all others, and recovers."""
    with suppress(OperationalError):  # our own connection ends as well
        fleet.tell_database("COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'")
    yield


@contextmanager
def the_database_is_down(fleet: Fleet) -> Iterator[None]:
    cluster = fleet.installed.cluster
    assert cluster is not None
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


@contextmanager
def the_disk_is_full(fleet: Fleet) -> Iterator[None]:
    place = fleet.installed.disk
    assert place is not None
    with disk.filled(place):
        yield


@contextmanager
def the_mail_server_is_away(fleet: Fleet) -> Iterator[None]:
    """F2: one hiccup costs one pause."""
    fleet.installed.post.close()
    try:
        yield
    finally:
        fleet.installed.post.open()


def the_mail_server_answers(answer: str) -> Block:
    @contextmanager
    def block(fleet: Fleet) -> Iterator[None]:
        fleet.installed.post.answer = answer
        try:
            yield
        finally:
            fleet.installed.post.answer = ""

    return block


@contextmanager
def the_gateway_is_slow(fleet: Fleet) -> Iterator[None]:
    """F2"""
    fleet.installed.receivers.slow = SLOW
    try:
        yield
    finally:
        fleet.installed.receivers.slow = 0


@contextmanager
def a_client_file_is_missing(fleet: Fleet) -> Iterator[None]:
    """F6: new sign-ins are refused, and nothing ends."""
    file = fleet.installed.folder / "clients" / "mails.toml"
    aside = file.with_suffix(".aside")
    file.rename(aside)
    try:
        yield
    finally:
        aside.rename(file)


@contextmanager
def signing_keys_are_rotated(fleet: Fleet) -> Iterator[None]:
    """F9: every node publishes a key before any process signs with it."""
    fleet.nodes[0].process.release.run("keys", "rotate", "--now")
    keys.watch(fleet)
    yield


@contextmanager
def a_worker_lacks_the_key_of_the_others(fleet: Fleet) -> Iterator[None]:
    """F3: it leaves the messages that it cannot open."""
    with _extra_worker(fleet, IDP_SECRETS="stranger:" + "QUJD" * 16):
        yield


def a_worker_clock_is_off(by: str) -> Block:
    """F4: a worker whose clock is wrong takes nothing."""

    @contextmanager
    def block(fleet: Fleet) -> Iterator[None]:
        with _extra_worker(fleet, **clocks.off(fleet, by)):
            yield

    return block


def a_node_clock_is_off(by: str) -> Block:
    """F4: a node whose clock is wrong is unready, so that the balancer sends it nobody."""

    @contextmanager
    def block(fleet: Fleet) -> Iterator[None]:
        with clocks.extra_node(fleet, **clocks.off(fleet, by)) as node:
            yield
            assert not node.ready(), "a node whose clock is off is ready"

    return block


@contextmanager
def _extra_worker(fleet: Fleet, **variables: str) -> Iterator[None]:
    release = fleet.nodes[0].process.release
    extra = fleet.installed.kept(release.start("extra-worker", "worker", **variables))
    fleet.wait_for_worker(extra)
    try:
        yield
    finally:
        extra.stop()


def every(*, has_disk: bool) -> tuple[Fault, ...]:
    """Return all faults; those that this machine cannot make say so."""
    clock, room = clocks.MISSING, "" if has_disk else "the right to mount a small disk"
    return (
        Fault("a process of a node is killed", one_process_of_a_node_is_killed, 4, NO_ANSWER),
        Fault("a node is killed", a_node_is_killed, 8, NO_ANSWER),
        Fault("a node sleeps", a_node_sleeps, 8, NO_ANSWER),
        Fault("a node is told to end", a_node_is_told_to_end, 8),
        Fault("the schema is a step ahead", the_schema_is_a_step_ahead, 4),
        Fault("a worker is killed", a_worker_is_killed, 8, twice=10, within=LEASE + SOON),
        Fault("a worker sleeps beyond its lease", a_worker_sleeps_beyond_its_lease, LEASE + 5, twice=10),
        Fault("the database crashes", the_database_crashes, 5, REFUSED, twice=10),
        Fault("the database is down", the_database_is_down, 8, REFUSED, twice=10),
        Fault("the database's connections are killed", connections_are_killed, 4, REFUSED, twice=10),
        Fault("the database takes no writes", the_database_takes_no_writes, 8, REFUSED, twice=10),
        Fault("the database's disk is full", the_disk_is_full, 10, REFUSED, twice=10, missing=room),
        Fault("the mail server is away", the_mail_server_is_away, 8, within=CHANNEL_PAUSE),
        Fault("the mail server is busy", the_mail_server_answers("451 4.3.0 busy"), 8, within=CHANNEL_PAUSE),
        Fault("the mail server refuses", the_mail_server_answers("554 5.7.1 no"), 8, within=CHANNEL_PAUSE),
        Fault("the mail server hangs", the_mail_server_answers(mail.HANGS), 8, within=CHANNEL_PAUSE, twice=10),
        Fault("the SMS gateway is slow", the_gateway_is_slow, 20, within=CHANNEL_PAUSE, twice=20),
        Fault("a client file is missing", a_client_file_is_missing, 11, REFUSED, within=TWO_LOOKS),
        Fault("signing keys are rotated", signing_keys_are_rotated, 1),
        Fault("a worker lacks a key", a_worker_lacks_the_key_of_the_others, 12),
        Fault("a worker's clock is ahead", a_worker_clock_is_off("+10m"), 12, missing=clock),
        Fault("a worker's clock is behind", a_worker_clock_is_off("-10m"), 12, missing=clock),
        Fault("a node's clock is ahead", a_node_clock_is_off("+10m"), 10, missing=clock),
        Fault("a node's clock is behind", a_node_clock_is_off("-10m"), 10, missing=clock),
        Fault("a node's clock is set back", clocks.a_clock_is_set_back, 1, missing=clock),
    )
