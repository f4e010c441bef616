"""Many people who sign in at the same moment: `python -m bench.rush [people]`.

Everybody has the login page open, then all send their password at once, with production Argon2id, on SQLite and
gunicorn as shipped. Promised: each is answered, or refused politely (503 with Retry-After), within `LONGEST`, and all
processes together stay below `MOST_MEMORY` (proportional set size). The exit status says whether both held.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

from bench import load, served
from bench.visitor import Forms, Target, Visitor
from bench.wire import Wire

PEOPLE = 200
LONGEST = 10.0
MOST_MEMORY = 400
KIBIBYTES = 1024
SIGNED_IN, REFUSED = 303, 503


@dataclass(frozen=True)
class Outcome:
    """The answer to one person, after how many seconds; `politely`: a refusal says when to come again."""

    status: int
    seconds: float
    politely: bool


def main(people: int) -> int:
    """Print what happened; 1 where a promise was broken."""
    with tempfile.TemporaryDirectory() as folder, served.serving(Path(folder), people) as (issuer, pid):
        targets = load.read_targets(served.arguments(issuer, pid, people))
        with peak_memory(pid) as peak:
            outcomes = asyncio.run(rush(issuer, targets))
    seconds = sorted(outcome.seconds for outcome in outcomes)
    statuses = dict(sorted(Counter(outcome.status for outcome in outcomes).items()))
    sys.stdout.write(f"{people} at once: {statuses}, load of the machine {os.getloadavg()[0]:.1f}\n")
    sys.stdout.write(
        f"seconds: median {statistics.median(seconds):.1f}, last {seconds[-1]:.1f} (at most {LONGEST:.0f})\n"
    )
    sys.stdout.write(f"memory of all processes: {peak[0]:.0f} MiB at the most (below {MOST_MEMORY})\n")
    answered = all(outcome.status == SIGNED_IN or outcome.politely for outcome in outcomes)
    return 0 if answered and seconds[-1] <= LONGEST and peak[0] < MOST_MEMORY else 1


async def rush(issuer: str, targets: list[Target]) -> list[Outcome]:
    """Open every login page one after the other, then send all passwords together."""
    waiting = [await _login_page(Visitor(target, Wire(issuer))) for target in targets]
    return await asyncio.gather(*(_send(*each) for each in waiting))


async def _login_page(visitor: Visitor) -> tuple[Visitor, str, dict[str, str]]:
    _verifier, parameters = visitor.request()
    path = await visitor.follow(f"{visitor.target.path('authorization_endpoint')}?{urlencode(parameters)}", fill=False)
    page = Forms((await visitor.wire.get(path)).body.decode())
    await visitor.wire.close()
    return visitor, path, page.filled(visitor.target)


async def _send(visitor: Visitor, path: str, form: dict[str, str]) -> Outcome:
    begin = time.perf_counter()
    answer = await visitor.wire.post(path, form)
    took = time.perf_counter() - begin
    await visitor.wire.close()
    return Outcome(answer.status, took, answer.status == REFUSED and "retry-after" in answer.headers)


@contextmanager
def peak_memory(pid: int) -> Iterator[list[float]]:
    """Watch a process and its children; the one value of the list is the most they had, in MiB."""
    peak, ended = [0.0], Event()

    def watch() -> None:
        while not ended.wait(0.05):
            peak[0] = max(peak[0], _proportional(pid) / KIBIBYTES)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _proportional(pid: int) -> int:
    """The proportional set size of a process and all its children, in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return own + sum(_proportional(int(child)) for child in children)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE))
