"""Nodes behind the balancer, workers, and the people who use them: what the experiments change and break."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from bench.fleet import balancer as balancers
from bench.fleet import installation, processes
from bench.fleet.balancer import Balancer
from bench.fleet.installation import Installation
from bench.fleet.ledger import Ledger
from bench.fleet.people import Person
from bench.fleet.processes import READY_WITHIN, Node, Process, Release

NODES, WORKERS = 3, 2
SUPERVISED = 0.5  # seconds
REPORTED = sa.text("SELECT count(*) FROM nodes WHERE id LIKE :ending")


@dataclass
class Fleet:
    """`people` come and go while they walk (`walking`); `ledger` is their memory."""

    installed: Installation
    nodes: list[Node]
    workers: list[Process]
    balancer: Balancer
    ledger: Ledger
    people: list[Person] = field(default_factory=list)

    @property
    def processes(self) -> list[Process]:
        return [*(node.process for node in self.nodes), *self.workers]

    def restart_node(self, node: Node, release: Release | None = None) -> None:
        """Take the node out, stop it, start it anew (with that release), and take it in when it is ready."""
        self.balancer.take_out(node)
        node.process.stop()
        node.process.release = release or node.process.release
        node.process.start()
        node.wait_until_ready()
        self.balancer.take_in(node)

    def restart_worker(self, worker: Process, release: Release | None = None) -> None:
        """Stop the worker, start it anew (with that release), and wait until it reports itself."""
        worker.stop()
        worker.release = release or worker.release
        worker.start()
        self.wait_for_worker(worker)

    def wait_for_worker(self, worker: Process) -> None:
        until = time.monotonic() + READY_WITHIN
        engine = sa.create_engine(self.installed.url)
        with engine.connect() as connection:
            while not connection.scalar(REPORTED, {"ending": f"% worker {worker.popen.pid}"}):
                if worker.popen.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{worker.name} does not report itself")
                connection.rollback()
                time.sleep(SUPERVISED)
        engine.dispose()

    def tell_database(self, *statements: str) -> None:
        """Execute statements as the owner of the database server."""
        engine = sa.create_engine(self.installed.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("SET default_transaction_read_only = off")
                for statement in statements:
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()


@contextmanager
def started(installed: Installation, release: Release, people: int) -> Iterator[Fleet]:
    """Make a database with people, and serve it with this release until the block ends."""
    release.run("db", "upgrade")
    installed.make_people(release, people)
    workers = [installed.kept(release.start(f"worker-{number}", "worker")) for number in range(1, WORKERS + 1)]
    nodes = [processes.node(release, f"node-{number}") for number in range(1, NODES + 1)]
    for node in nodes:
        installed.kept(node.process)
    for node in nodes:
        node.wait_until_ready()
    with balancers.running(installed.folder, nodes) as balancer:
        fleet = Fleet(installed, nodes, workers, balancer, Ledger(installed.folder / "people.log"))
        fleet.people = installation.people(installed, balancer, fleet.ledger, people)
        for worker in workers:
            fleet.wait_for_worker(worker)
        yield fleet


@asynccontextmanager
async def walking(fleet: Fleet, *, supervised: bool) -> AsyncIterator[None]:
    """Let the people come and go until the block ends, and end the journeys that they are at.

    `supervised`: processes that end are started again.
    """
    stop = asyncio.Event()
    walks = [asyncio.create_task(each.come_and_go(stop)) for each in fleet.people]
    others = [asyncio.create_task(fleet.balancer.watch())]
    others += [asyncio.create_task(supervise(fleet))] if supervised else []
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*walks)
        for task in others:
            task.cancel()


async def supervise(fleet: Fleet) -> None:
    """Start again what ended by itself, as systemd does."""
    while True:
        for process in fleet.processes:
            if process.wanted and process.popen.poll() is not None:
                process.start()
        await asyncio.sleep(SUPERVISED)
