"""Upgrade an installation, then rotate its secrets, while people sign in: `make upgrade-rehearsal`.

The previous release serves with three nodes behind nginx and two workers on PostgreSQL. Then, under load: this
release's `idp db upgrade`, its nodes and workers one by one in the place of the old ones, a step that expands the
schema and one that contracts it, and the rotations of `bench.fleet.rotations`. No request may fail, no token may be
refused, no message may be lost or come twice. Exit status 1 otherwise. The previous release is the newest tag, or
the revision before the newest step of the schema, unless a revision is named (`--from`).
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.fleet import installation, reconciling, rotations
from bench.fleet.fleet import Fleet, started, walking
from bench.fleet.installation import Installation
from bench.fleet.processes import Node, Release
from bench.fleet.rotations import Step
from idp.migrations import NEWEST

PEOPLE = 4
WARM_UP = 5.0
TO_BE_READ = 11.0
"""Seconds in which every process looks at files and keys twice."""
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
    parser.add_argument("--pause", type=float, default=4, help="seconds of load after each change")
    parser.add_argument("--only", choices=("upgrade", "rotations"), default="", help="one half of it")
    asked = parser.parse_args()
    previous = "HEAD" if asked.only == "rotations" else asked.previous or installation.previous_release()
    folder = Path(tempfile.mkdtemp(prefix="fleet-"))
    with installation.installed(folder) as installed:
        faults = Rehearsal(installed, previous, asked.pause, asked.only).run()
    installation.end(folder, faults, "nothing failed, nothing was lost")


class Rehearsal:
    """One installation on its way to this release, and through the rotations."""

    def __init__(self, installed: Installation, previous: str, pause: float, only: str) -> None:
        self.installed, self.pause, self.only = installed, pause, only
        self.unready: list[str] = []
        self.old = installed.release(previous, installation.checkout(previous, installed.folder / "previous"))
        self.new = installed.release("this release")

    def run(self) -> list[str]:
        """Return the faults, in words."""
        sys.stdout.write(f"the previous release is {self.old.name}\n")
        sys.stdout.flush()
        with started(self.installed, self.old, PEOPLE) as fleet:
            asyncio.run(self._rehearse(fleet))
            return self._faults(fleet)

    async def _rehearse(self, fleet: Fleet) -> None:
        async with walking(fleet, supervised=False):
            await asyncio.sleep(WARM_UP)
            if self.only != "rotations":
                for step in self._upgrade(fleet):
                    await self._make(fleet, step, self.pause)
            if self.only != "upgrade":
                for step in rotations.every(fleet):
                    restart = " at " in step[0]
                    await self._make(fleet, step, self.pause if restart else TO_BE_READ)

    def _upgrade(self, fleet: Fleet) -> Iterator[Step]:
        yield "the previous release serves", lambda: None
        yield "db upgrade of this release", partial(self.new.run, "db", "upgrade")
        for node in fleet.nodes:
            yield f"{node.process.name} is of this release", partial(fleet.restart_node, node, self.new)
        for worker in fleet.workers:
            yield f"{worker.name} is of this release", partial(fleet.restart_worker, worker, self.new)
        yield "a step that expands", partial(self._step, "9998", NEWEST, EXPAND)
        yield "a step that contracts", partial(self._step, "9999", "9998", CONTRACT)

    async def _make(self, fleet: Fleet, step: Step, pause: float) -> None:
        """Make a change while people go on, and say how it went."""
        title, change = step
        ledger, begin = fleet.ledger, time.monotonic()
        failed, signed_in, asked = len(ledger.failed), ledger.signed_in.total(), ledger.requests
        await asyncio.to_thread(change)
        took = time.monotonic() - begin
        await asyncio.sleep(pause)
        self.unready += [f"after “{title}” {node.process.name} is unready" for node in _unready(fleet.nodes)]
        sys.stdout.write(
            f"{title}: {took:.1f} s; {ledger.requests - asked} requests, {ledger.signed_in.total() - signed_in} "
            f"sign-ins, {len(ledger.failed) - failed} failed\n"
        )
        sys.stdout.flush()

    def _step(self, number: str, before: str, change: str) -> None:
        """Apply one more step of the schema, from a checkout that has it."""
        folder = self.installed.folder / "next"
        if not folder.exists():
            installation.checkout("HEAD", folder)
        text = STEP.format(title=number, number=number, before=before, change=change)
        (folder / f"idp/migrations/versions/{number}_step.py").write_text(text, encoding="utf-8")
        Release("next", folder, self.installed.variables).run("db", "upgrade")

    def _faults(self, fleet: Fleet) -> list[str]:
        ledger = fleet.ledger
        found = [*self.unready, *reconciling.differences(self.installed, ledger)]
        if ledger.failed:
            failed = Counter(f"{each.status} {each.request}" for each in ledger.failed)
            found.append(f"{len(ledger.failed)} requests failed: {dict(failed)}")
        if abandoned := Counter(each.fault for each in ledger.journeys if each.fault):
            found.append(f"journeys were given up: {dict(abandoned)}")
        sys.stdout.write(self.installed.told(ledger))
        return found if ledger.signed_in else [*found, "nobody signed in"]


def _unready(nodes: list[Node]) -> list[Node]:
    """Return the nodes that a balancer would lose, although they serve."""
    return [node for node in nodes if not node.ready()]


if __name__ == "__main__":
    main()
