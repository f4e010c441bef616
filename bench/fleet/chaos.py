"""Break an installation in every way that is known, while people sign in: `make chaos`, about eight minutes.

Two nodes, two workers, PostgreSQL and a mail server on this machine, a supervisor that starts again what ended, and a
few people. One fault follows the other (`bench.fleet.faults`). Meanwhile no answer is a 500, and 503 is allowed only
where the database is at fault; a journey that begins five seconds after a fault ended succeeds (a mail server's
channel may pause for half a minute). At the end everything that was acknowledged is compared with what is stored.
Exit status 1 unless all of it holds.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from bench.fleet import installation, processes, reconciling
from bench.fleet.faults import FAULTS, LEASE, Fault, Fleet
from bench.fleet.installation import Installation
from bench.fleet.people import Balancer, Ledger, people

PEOPLE = 6
WARM_UP = 10.0
WATCHED = 8.0
"""Seconds in which all has to be well after each fault."""
LANES = {"IDP_OUTBOX__LANES__CODES__LEASE": str(LEASE), "IDP_OUTBOX__LANES__NOTICES__LEASE": str(LEASE)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fleet.chaos", description=__doc__)
    parser.add_argument("--only", default="", help="the faults whose names contain this")
    parser.add_argument("--slow", type=float, default=1, help="allow so many times more seconds: a busy machine")
    asked = parser.parse_args()
    faults = [fault for fault in FAULTS if asked.only in fault.name]
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, installation.installed(Path(folder)) as installed:
        found = asyncio.run(Chaos(installed, asked.slow).run(faults))
    sys.stdout.write("".join(f"FAULT: {each}\n" for each in found))
    sys.exit(1 if found else 0)


class Chaos:
    """One run: the processes, the people, and the ledger of what they saw."""

    def __init__(self, installed: Installation, slow: float) -> None:
        self.installed, self.slow = installed, slow
        self.ledger, self.balancer = Ledger(), Balancer()
        self.twice = 0

    async def run(self, faults: list[Fault]) -> list[str]:
        """Make these faults, and return in words what did not hold."""
        fleet = await asyncio.to_thread(self._begin)
        self.balancer.nodes = fleet.nodes
        targets = await asyncio.to_thread(installation.targets, fleet.nodes[0], PEOPLE)
        stop = asyncio.Event()
        walking = people(targets, self.balancer, self.installed.post, self.ledger)
        walks = [asyncio.create_task(person.come_and_go(stop)) for person in walking]
        others = [asyncio.create_task(each) for each in (self.balancer.watch(), supervise(fleet))]
        await asyncio.sleep(WARM_UP * self.slow)
        found = [] if self.ledger.signed_in else ["nobody could sign in before the first fault"]
        for fault in faults:
            found += await self._make(fault, fleet)
        stop.set()
        await asyncio.gather(*walks)
        found += await asyncio.to_thread(self._differences)
        for task in others:
            task.cancel()
        return found

    def _begin(self) -> Fleet:
        installed = self.installed
        installed.variables.update(LANES)
        release = installed.release("this release")
        release.run("db", "upgrade")
        installed.make_people(release, PEOPLE)
        nodes = [processes.node(release, f"node-{number}") for number in (1, 2)]
        workers = [release.start(f"worker-{number}", "worker") for number in (1, 2)]
        installed.started.extend([*(node.process for node in nodes), *workers])
        for node in nodes:
            node.wait_until_ready()
        return Fleet(installed, nodes, workers)

    async def _make(self, fault: Fault, fleet: Fleet) -> list[str]:
        """Make one fault, wait until all is well again, and return what was not as promised."""
        if fault.missing:
            sys.stdout.write(f"{fault.name}: not made, {fault.missing} is missing\n")
            return []
        begun = time.monotonic()
        block = fault.block(fleet)
        await asyncio.to_thread(block.__enter__)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(block.__exit__, None, None, None)
        healed = time.monotonic()
        await asyncio.sleep((fault.within + WATCHED) * self.slow)
        self.twice += fault.twice
        return self._judged(fault, begun, healed)

    def _judged(self, fault: Fault, begun: float, healed: float) -> list[str]:
        well = healed + fault.within * self.slow
        during = [each for each in self.ledger.failed if begun <= each.at < well]
        after = [each for each in self.ledger.failed if each.at >= well]
        allowed = {0, 503} if fault.refuses else {0}
        good = [each.begun - healed for each in self.ledger.journeys if each.begun >= healed and not each.fault]
        bad = Counter(each.fault for each in self.ledger.journeys if each.begun >= well and each.fault)
        wrong = Counter(f"{each.status} {each.request}" for each in during if each.status not in allowed)
        told = f"{min(good):.1f} s until a journey succeeded" if good else "no journey succeeded"
        sys.stdout.write(f"{fault.name}: {len(during)} requests without answer or refused; then {told}\n")
        sys.stdout.flush()
        faults = [f"{fault.name}: answers {dict(wrong)}"] if wrong else []
        faults += [f"{fault.name}: still failing afterwards, {after[0]}"] if after else []
        faults += [f"{fault.name}: journeys fail afterwards, {dict(bad)}"] if bad else []
        late = not good or min(good) > fault.within * self.slow
        return [*faults, f"{fault.name}: {told}"] if late else faults

    def _differences(self) -> list[str]:
        engine = sa.create_engine(self.installed.url)
        found = [] if reconciling.emptied(engine) else ["mails still wait"]
        found += reconciling.differences(engine, self.installed.post, self.ledger, twice=self.twice)
        engine.dispose()
        sys.stdout.write(
            f"{self.ledger.requests} requests, {self.ledger.signed_in.total()} sign-ins, {self.ledger.refreshed} "
            f"refreshes, {self.installed.post.received.total()} mails\n"
        )
        return found


async def supervise(fleet: Fleet) -> None:
    """Start again what ended, as systemd does."""
    while True:
        for process in [*(node.process for node in fleet.nodes), *fleet.workers]:
            if process.popen.poll() is not None:
                process.start()
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    main()
