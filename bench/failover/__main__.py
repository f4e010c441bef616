"""Lose the primary database under load: `python -m bench.failover [--seconds 60]`.

Three nodes of the provider behind nginx and two workers reach the database through PgBouncer and HAProxy. People sign
in with codes by mail and SMS, refresh and sign out, portals push authorization requests, accounts are made, and a
program reads figures, which come from a replica. The primary is killed. Afterwards every account, sign-in, token,
message, request and figure that was acknowledged must be there, and clients have seen 503 with Retry-After at worst.
Prints how long no request was taken. Exit status 1 if something was lost, came twice, or took longer than `LONGEST`.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock, Thread

from bench.failover import figures, machines
from bench.failover.figures import Figures
from bench.failover.load import Answered, NewAccounts, is_known, push
from bench.failover.machines import Machine, Machines
from bench.fleet import installation, reconciling
from bench.fleet.chaos import LANES
from bench.fleet.fleet import Fleet, started, walking
from bench.fleet.ledger import Ledger
from idp.grants.pushed_requests import LIFETIME

PEOPLE, PUSHING = 4, 2
CALM = 10.0
LONGEST = 15.0
"""Seconds until requests are taken again."""
SETTLED = 5.0
"""Journeys that begin so many seconds after that succeed."""
TWICE = 10
"""So many messages may come a second time: those that were on their way."""


class Rehearsal:
    """The load on one fleet, the loss, and what became of everything."""

    def __init__(self, fleet: Fleet, found: Machines) -> None:
        self.fleet, self.found = fleet, found
        self.answers: list[Answered] = []
        self.accounts = NewAccounts(fleet.installed.variables)
        issuer = fleet.installed.variables["IDP_SERVER__ISSUER"]
        self.figures = Figures(self.accounts.database, fleet.balancer.port, issuer)
        self.lost_at = 0.0
        self.looked: dict[str, bool] = {}
        """Which of the requests that were acknowledged around the loss are known afterwards."""

    async def lose_the_primary(self, seconds: float) -> Machine:
        """Lose the primary while everybody works, and let them go on for so long; return the machine."""
        stop, lock = Event(), Lock()
        pushed = (self.fleet.balancer.port, stop, self.answers, lock)
        threads = [Thread(target=push, args=pushed) for _ in range(PUSHING)]
        threads.append(Thread(target=self.accounts.make, args=(stop,)))
        threads.append(Thread(target=self.figures.grow_and_read, args=(stop,)))
        async with walking(self.fleet, supervised=False):
            for thread in threads:
                thread.start()
            await asyncio.sleep(CALM)
            lost = self.found.primary
            self.figures.note_replicas(self.found)
            self.lost_at = time.monotonic()
            lost.lose()
            await asyncio.sleep(seconds)
            stop.set()
            for thread in threads:
                await asyncio.to_thread(thread.join)
            self.figures.note_replicas(self.found)
            await asyncio.to_thread(self._look)
        return lost

    def _look(self) -> None:
        """Look for what was pushed, the oldest first, while it lives."""
        for each in self.answers:
            if (
                each.reference
                and self.lost_at - CALM / 2 < each.at > time.monotonic() - LIFETIME.total_seconds() + CALM
            ):
                self.looked[each.reference] = is_known(self.fleet.balancer.port, each.reference)

    def judge(self, lost: Machine) -> bool:
        """Print what happened; return whether all of it was as promised."""
        unknown = [reference for reference, is_there in self.looked.items() if not is_there]
        change = f"database{lost.number} → database{self.found.primary.number}"
        good = report(self.answers, self.lost_at, list(self.looked), unknown, change)
        installed, ledger = self.fleet.installed, self.fleet.ledger
        faults = [*_of_people(ledger, self.lost_at), *reconciling.differences(installed, ledger, twice=TWICE)]
        faults += self.figures.faults()
        gone = self.accounts.lost()
        faults += [f"{len(gone)} accounts are gone: {gone[:5]}"] if gone else []
        made, refused = len(self.accounts.made), self.accounts.refused
        print(f"{made} accounts acknowledged, {refused} refused; {self.figures.told()}{installed.told(ledger)}", end="")
        for fault in faults:
            print(f"FAULT: {fault}")
        return good and not faults


def _of_people(ledger: Ledger, lost_at: float) -> Iterator[str]:
    """Yield what people saw that they should not have."""
    bad = [each for each in ledger.failed if each.status != 503 or not each.waits]
    if bad:
        yield f"people saw {dict(Counter(f'{each.status} {each.request}' for each in bad))}"
    well = lost_at + LONGEST + SETTLED
    if late := Counter(each.fault for each in ledger.journeys if each.fault and each.begun > well):
        yield f"journeys fail afterwards: {dict(late)}"
    if not any(each.begun > well and not each.fault for each in ledger.journeys):
        yield "nobody could sign in afterwards"


def rehearse(seconds: float) -> bool:
    """Set everything up, lose the primary, print what happened; return whether all was as promised."""
    folder = Path(tempfile.mkdtemp(prefix="failover-"))
    with machines.running() as found:
        addresses = {
            "IDP_DATABASE__URL": found.url(found.pooled),
            "IDP_DATABASE__DIRECT_URL": found.url(found.port),
            "IDP_DATABASE__REPLICA": found.url(found.replicas),
        }
        with installation.standing_on(found.url(found.port), folder, **addresses, **LANES) as installed:
            figures.describe(installed)
            with started(installed, installed.release("this release"), PEOPLE) as fleet:
                rehearsal = Rehearsal(fleet, found)
                lost = asyncio.run(rehearsal.lose_the_primary(seconds))
                good = rehearsal.judge(lost)
                rehearsal.accounts.close()
    if good:
        shutil.rmtree(folder)
    else:
        print(f"the logs are in {folder}")
    return good


def report(ledger: list[Answered], lost_at: float, recent: list[str], unknown: list[str], change: str) -> bool:
    """Print what became of the pushed requests; return whether they were taken again in time and none is lost."""
    taken = sorted(each.at for each in ledger if each.status == 201)
    first = next((at for at in taken if at > lost_at + 1), None)
    again = first - lost_at if first else -1.0
    gap = max((later - earlier for earlier, later in pairwise(taken)), default=0.0)
    statuses = Counter(each.status for each in ledger)
    bad = [each for each in ledger if not each.is_allowed]
    print(f"{change}: {len(ledger)} requests, answers {dict(statuses)}")
    print(
        f"no request was taken for {gap:.1f} s; taken again {again:.1f} s after the loss ({LONGEST:.0f} s are promised)"
    )
    print(f"acknowledged around the loss: {len(recent)}, of them unknown afterwards: {len(unknown)}")
    print(f"answers other than 201, or 503 with Retry-After: {Counter(each.status for each in bad) or 'none'}")
    return bool(first) and again <= LONGEST and not unknown and not bad


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.failover", description=__doc__)
    parser.add_argument("--seconds", type=float, default=45, help="how long the load goes on after the loss")
    asked = parser.parse_args()
    if absent := machines.missing():
        sys.exit(f"missing: apt-get install {machines.PACKAGES} ({', '.join(absent)})")
    sys.exit(0 if rehearse(asked.seconds) else 1)


if __name__ == "__main__":
    main()
