"""Upgrade an installation while people sign in: `python -m bench.fleet.rolling [--from REVISION]`.

The previous release serves with two nodes and a worker on PostgreSQL. Then, under load: this release's `idp db
upgrade`, its nodes and its worker one by one in the place of the old ones, a step that expands the schema, and, once
nothing uses it, a step that contracts it. No request may fail, no mail may be lost or come twice. Exit status 1
otherwise. The previous release is that of the newest tag, unless a revision is named.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from bench.fleet import installation, processes, reconciling
from bench.fleet.installation import Installation
from bench.fleet.people import Balancer, Ledger, people
from bench.fleet.processes import Node, Process, Release
from idp.migrations import NEWEST

PEOPLE = 8
STEP = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "{number}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {change}
'''
EXPAND = """steps.add_column("people", sa.Column("expanded", sa.Text(), nullable=False, server_default=""))
    steps.add_index("ix_people_expanded", "people", ["expanded"])"""
CONTRACT = 'op.drop_column("people", "expanded")'


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fleet.rolling", description=__doc__)
    parser.add_argument("--from", dest="previous", default="", help="a revision of git")
    parser.add_argument("--pause", type=float, default=5, help="seconds of load between two changes")
    asked = parser.parse_args()
    previous = asked.previous or installation.previous_release()
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder, installation.installed(Path(folder)) as installed:
        faults = asyncio.run(Upgrade(installed, previous, asked.pause).run())
    sys.stdout.write("".join(f"FAULT: {fault}\n" for fault in faults))
    sys.exit(1 if faults else 0)


class Upgrade:
    """One installation on its way through two releases."""

    def __init__(self, installed: Installation, previous: str, pause: float) -> None:
        self.installed, self.pause = installed, pause
        self.ledger, self.balancer = Ledger(), Balancer()
        self.unready: list[str] = []
        self.old = installed.release(previous, installation.checkout(previous, installed.folder / "previous"))
        self.new = installed.release("this release")

    async def run(self) -> list[str]:
        """Return the faults, in words."""
        old_nodes, old_worker = await asyncio.to_thread(self._begin)
        self.balancer.nodes = list(old_nodes)
        targets = await asyncio.to_thread(installation.targets, old_nodes[0], PEOPLE)
        walking = people(targets, self.balancer, self.installed.post, self.ledger)
        watching = asyncio.create_task(self.balancer.watch())
        stop = asyncio.Event()
        walks = [asyncio.create_task(person.come_and_go(stop)) for person in walking]
        for title, change in self._changes(old_nodes, old_worker):
            await self._change(title, change)
        stop.set()
        await asyncio.gather(*walks)
        watching.cancel()
        return await asyncio.to_thread(self._faults)

    def _changes(self, old_nodes: list[Node], old_worker: Process) -> Iterator[tuple[str, Callable[[], object]]]:
        yield "the previous release serves", lambda: None
        yield "db upgrade of this release", lambda: self.new.run("db", "upgrade")
        for number, old in enumerate(old_nodes, start=1):
            yield f"node {number} is of this release", partial(self._replace, old, number)
        yield "the worker is of this release", partial(self._replace_worker, old_worker)
        yield "a step that expands", partial(self._step, "9998", NEWEST, EXPAND)
        yield "a step that contracts", partial(self._step, "9999", "9998", CONTRACT)

    def _begin(self) -> tuple[list[Node], Process]:
        self.old.run("db", "upgrade")
        self.installed.make_people(self.old, PEOPLE)
        nodes = [self._started(self.old, f"old-{number}") for number in (1, 2)]
        worker = self._kept(self.old.start("old-worker", "worker"))
        for node in nodes:
            node.wait_until_ready()
        return nodes, worker

    async def _change(self, title: str, change: Callable[[], object]) -> None:
        """Make a change while people go on, and say how it went."""
        failed, signed_in, begin = len(self.ledger.failed), self.ledger.signed_in.total(), time.monotonic()
        await asyncio.to_thread(change)
        took = time.monotonic() - begin
        await asyncio.sleep(self.pause)
        self.unready += [f"after “{title}” {node.process.name} is unready" for node in self._unready()]
        done = self.ledger.signed_in.total() - signed_in
        sys.stdout.write(f"{title}: {took:.1f} s, {done} sign-ins, {len(self.ledger.failed) - failed} failed\n")
        sys.stdout.flush()

    def _unready(self) -> list[Node]:
        """A balancer would lose these nodes, although they serve."""
        return [node for node in self.balancer.nodes if not node.ready()]

    def _replace(self, old: Node, number: int) -> None:
        """Start the new node, then stop the old one, which drains."""
        new = self._started(self.new, f"new-{number}")
        new.wait_until_ready()
        self.balancer.nodes.append(new)
        old.process.stop()
        self.balancer.nodes.remove(old)

    def _replace_worker(self, old: Process) -> None:
        self._kept(self.new.start("new-worker", "worker"))
        old.stop()

    def _step(self, number: str, before: str, change: str) -> None:
        """Apply one more step of the schema, from a checkout that has it."""
        folder = self.installed.folder / "next"
        if not folder.exists():
            installation.checkout("HEAD", folder)
        text = STEP.format(title=number, number=number, before=before, change=change)
        (folder / f"idp/migrations/versions/{number}_step.py").write_text(text, encoding="utf-8")
        self.installed.release("next", folder).run("db", "upgrade")

    def _started(self, release: Release, name: str) -> Node:
        node = processes.node(release, name)
        self._kept(node.process)
        return node

    def _kept(self, process: Process) -> Process:
        self.installed.started.append(process)
        return process

    def _faults(self) -> list[str]:
        engine = sa.create_engine(self.installed.url)
        waiting = [] if reconciling.emptied(engine) else ["mails still wait"]
        found = [*self.unready, *waiting, *reconciling.differences(engine, self.installed.post, self.ledger)]
        engine.dispose()
        if self.ledger.failed:
            found.append(f"{len(self.ledger.failed)} requests failed, such as {self.ledger.failed[0]}")
        if abandoned := Counter(each.fault for each in self.ledger.journeys if each.fault):
            found.append(f"journeys were given up: {dict(abandoned)}")
        done = self.ledger.signed_in.total()
        sys.stdout.write(
            f"{self.ledger.requests} requests, {done} sign-ins, {self.ledger.refreshed} refreshes, "
            f"{self.installed.post.received.total()} mails, longest wait for a code "
            f"{max(self.ledger.waits, default=0):.1f} s\n"
        )
        return found if done else [*found, "nobody signed in"]


if __name__ == "__main__":
    main()
