"""Break an installation in every way that is known, while people sign in: `make chaos`.

Three nodes behind nginx, two workers, PostgreSQL, a mail server, an SMS gateway and a portal on this machine, a
supervisor that starts again what ended, and a few people. One fault follows the other (`bench.fleet.faults`).
Meanwhile no answer is a 500, and 503 comes only with `Retry-After` and where the database is at fault. A journey that
begins five seconds after a fault ended succeeds; the channel of a mail server or gateway may pause for half a minute.
At the end everything that was acknowledged is compared with what is stored. Exit status 1 unless all of it holds.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from bench.fleet import faults, installation, reconciling
from bench.fleet.disk import small_disk
from bench.fleet.faults import LEASE, Fault
from bench.fleet.fleet import Fleet, started, walking
from bench.fleet.installation import PORTALS, Installation
from bench.fleet.ledger import Failure
from bench.fleet.processes import Release
from bench.fleet.put_back import FINDINGS, Finding, put_back

PEOPLE = 4
WARM_UP = 8.0
WATCHED = 4.0
"""Seconds in which nothing may fail once a fault is over."""
JOURNEY = 12.0
"""Seconds that a journey may take."""
LOOK = 0.2  # seconds
MISMADE = (AssertionError, RuntimeError, OSError, SubprocessError, SQLAlchemyError)
"""Whatever a fault meets that could not be made, or not be ended."""
LANES = {"IDP_OUTBOX__LANES__CODES__LEASE": str(LEASE), "IDP_OUTBOX__LANES__NOTICES__LEASE": str(LEASE)}
DRAIN = {"IDP_SERVER__DRAIN": "5"}
"""As shipped: a node that is told to end has to be found unready."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fleet.chaos", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[""], help="the faults whose names contain one of these")
    parser.add_argument("--slow", type=float, default=1, help="allow so many times more seconds: a busy machine")
    parser.add_argument(
        "--put-back", nargs="+", choices=FINDINGS, default=[], help="findings of earlier versions, to be found again"
    )
    asked = parser.parse_args()
    findings = [FINDINGS[number] for number in asked.put_back]
    if len({finding.said for finding in findings}) < len(findings):
        parser.error("put back one after the other what the same sentence tells of")
    only = [word for finding in findings for word in finding.shown_by] or asked.only
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    with small_disk(folder) as disk, installation.installed(folder, disk=disk, **LANES, **DRAIN) as installed:
        chosen = [
            fault for fault in faults.every(has_disk=disk is not None) if any(word in fault.name for word in only)
        ]
        release = _with_findings(installed, findings) if findings else installed.release("this release")
        found = Chaos(installed, asked.slow).run(chosen, release)
    if findings:
        _end_of_search(folder, findings, found)
    installation.end(folder, found, "everything held")


def _with_findings(installed: Installation, findings: Sequence[Finding]) -> Release:
    """Return this revision with what was mended put back."""
    copy = installation.checkout("HEAD", installed.folder / "put-back")
    for finding in findings:
        put_back(finding, copy)
    return installed.release("put back", copy)


def _end_of_search(folder: Path, findings: Sequence[Finding], found: Sequence[str]) -> NoReturn:
    """Exit well if each finding was found again."""
    sys.stdout.write("".join(f"said: {each}\n" for each in found))
    missed = [finding for finding in findings if not finding.is_among(found)]
    if missed:
        sys.stdout.write(f"the logs are in {folder}\n")
    else:
        shutil.rmtree(folder)
    sys.stdout.writelines(f"{each.title}: {'NOT FOUND' if each in missed else 'found'}\n" for each in findings)
    sys.exit(1 if missed else 0)


@dataclass(frozen=True)
class Made:
    """A fault that was made, and when: `well` is when everybody could sign in again, or the time for it was over."""

    fault: Fault
    begun: float
    healed: float
    well: float


class Chaos:
    """One run: the installation, and what it may cost."""

    def __init__(self, installed: Installation, slow: float) -> None:
        self.installed, self.slow = installed, slow

    def run(self, chosen: Sequence[Fault], release: Release) -> list[str]:
        """Make these faults in this release, and return in words what did not hold."""
        with started(self.installed, release, PEOPLE) as fleet:
            found = asyncio.run(self._break(fleet, chosen))
            twice = sum(fault.twice for fault in chosen)
            found += reconciling.differences(self.installed, fleet.ledger, twice=twice)
            sys.stdout.write(self.installed.told(fleet.ledger))
            return found

    async def _break(self, fleet: Fleet, chosen: Sequence[Fault]) -> list[str]:
        found: list[str] = []
        async with walking(fleet, supervised=True):
            await asyncio.sleep(WARM_UP * self.slow)
            if not fleet.ledger.signed_in:
                return ["nobody could sign in before the first fault"]
            for fault in chosen:
                if fault.missing:
                    sys.stdout.write(f"{fault.name}: not made, {fault.missing} is missing\n")
                else:
                    found += await self._make(fleet, fault)
        return found

    async def _make(self, fleet: Fleet, fault: Fault) -> list[str]:
        """Make one fault, wait until all is well again, and return what was not as promised."""
        begun = time.monotonic()
        block = fault.block(fleet)
        try:
            await asyncio.to_thread(block.__enter__)
            await asyncio.sleep(fault.seconds)
            await asyncio.to_thread(block.__exit__, None, None, None)
        except MISMADE as wrong:
            return [f"{fault.name}: {wrong}"]
        healed = time.monotonic()
        while _recovery(fleet, healed) is None and time.monotonic() < healed + (fault.within + JOURNEY) * self.slow:
            await asyncio.sleep(LOOK)
        made = Made(fault, begun, healed, time.monotonic())
        await asyncio.sleep(WATCHED * self.slow)
        return list(self._judged(fleet, made))

    def _judged(self, fleet: Fleet, made: Made) -> Iterator[str]:
        fault, ledger = made.fault, fleet.ledger
        during = [each for each in ledger.failed if made.begun <= each.at < made.well]
        recovery = _recovery(fleet, made.healed)
        told = "nobody could sign in again" if recovery is None else f"well {recovery:.1f} s after its end"
        statuses = dict(Counter(each.status or "no answer" for each in during))
        sys.stdout.write(f"{fault.name}: {statuses or 'nothing failed'}; {told}\n")
        sys.stdout.flush()
        if wrong := Counter(f"{each.status} {each.request}" for each in during if not _is_allowed(each, fault)):
            yield f"{fault.name}: answers {dict(wrong)}"
        if after := Counter(f"{each.status} {each.request}" for each in ledger.failed if each.at >= made.well):
            yield f"{fault.name}: still failing afterwards, {dict(after)}"
        if bad := Counter(each.fault for each in ledger.journeys if each.begun >= made.well and each.fault):
            yield f"{fault.name}: journeys fail afterwards, {dict(bad)}"
        if recovery is None or recovery > fault.within * self.slow:
            yield f"{fault.name}: {told}, {fault.within} s are promised"


def _recovery(fleet: Fleet, healed: float) -> float | None:
    """Return how many seconds after the end of a fault the first journeys began that succeed; None if one does not.

    The portal whose people waited longest counts.
    """
    begun: dict[str, float] = {}
    for each in fleet.ledger.journeys:
        if each.begun >= healed and not each.fault:
            begun[each.portal] = min(each.begun, begun.get(each.portal, each.begun))
    return max(begun.values()) - healed if begun.keys() == PORTALS.keys() else None


def _is_allowed(failure: Failure, fault: Fault) -> bool:
    return failure.status in fault.allowed and (failure.waits or not failure.status)


if __name__ == "__main__":
    main()
