"""The cost of each operation to the provider, the database and its disk: `python -m bench.costs [repetitions]`.

One process and one connection on PostgreSQL with its durability on, so that nothing waits for anything. Writes
`bench/costs.json`, which `bench.capacity` reads: for one operation, processor microseconds of the provider and of the
database, commits that reach the disk, and bytes of write-ahead log. Processor time is what is left when a machine is
busy with other work, though caches that others fill make it up to a half more.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import inprocess, served, sign_in
from bench.peers import results
from bench.peers.server import family
from idp.provider import Provider
from tests.support.counting import counting

FILE = Path(__file__).parent / "costs.json"
TOKENS = {
    "client_credentials, JWT ES256": "client_credentials",
    "userinfo, JWT": "userinfo",
    "introspection, JWT": "introspection",
    "refresh, JWT and ID token": "refresh",
    "issue and redeem a code, JWT and ID token": "redemption",
}
PAGES = {"sign-in page": "page", "code for a live session": "authorize", "sign-in": "sign_in"}
"""The names that other measurements have for an operation, and its own."""
PROCESS = sa.text("SELECT pg_read_file('postmaster.pid')")
LOG = sa.text("SELECT pg_current_wal_insert_lsn() - '0/0'")


@dataclass(frozen=True)
class Cost:
    """Microseconds of the processor, commits that reach the disk, and bytes of write-ahead log, of one operation."""

    provider_us: float
    database_us: float
    commits: int
    log_bytes: float


class Meter:
    """Reads what the provider and its database have used so far."""

    def __init__(self, provider: Provider) -> None:
        self._database = provider.database
        self._engine = sa.create_engine(provider.database.writing_engine.url)
        with self._engine.connect() as connection:
            self._pid = int(str(connection.scalar(PROCESS)).split()[0])

    def read(self) -> tuple[float, float, float]:
        """Return seconds of this process, seconds of the database's processes, and the length of its log."""
        with self._engine.connect() as connection:
            log = float(connection.scalar(LOG) or 0)
        return time.process_time(), database_time(self._pid), log

    def cost(self, call: Callable[[], Any], repetitions: int) -> Cost:
        """Return the mean cost of a call, after a warm-up."""
        for _ in range(max(3, repetitions // 10)):
            call()
        with counting(self._database) as asked:
            call()
        before = self.read()
        for _ in range(repetitions):
            call()
        own, theirs, log = ((now - then) / repetitions for now, then in zip(self.read(), before, strict=True))
        return Cost(round(own * 1e6), round(theirs * 1e6), asked.commits, round(log))


def main(repetitions: int) -> None:
    costs: dict[str, Cost] = {}
    machine = results.machine()
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        for name, meter, call in _operations():
            costs[name] = meter.cost(call, repetitions)
            sys.stdout.write(f"{name:20} {costs[name]}\n")
            sys.stdout.flush()
    written = {"machine": machine, "operations": {name: asdict(cost) for name, cost in costs.items()}}
    FILE.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def read() -> dict[str, Cost]:
    """Return the costs that were measured last, by the name of the operation."""
    operations = json.loads(FILE.read_text(encoding="utf-8"))["operations"]
    return {name: Cost(**cost) for name, cost in operations.items()}


def database_time(pid: int) -> float:
    """Return the seconds of the processor that a database's processes have used, by the process that began first."""
    return sum(int(Path(f"/proc/{each}/schedstat").read_text().split()[0]) for each in family(pid)) / 1e9


def _operations() -> Iterator[tuple[str, Meter, Callable[[], Any]]]:
    with served.throw_away_database() as url, inprocess.application(url) as app:
        meter = Meter(app.extensions["provider"])
        for name, call in inprocess.Bench(app).cases():
            if name in TOKENS:
                yield TOKENS[name], meter, call
    with (
        tempfile.TemporaryDirectory() as folder,
        served.throw_away_database() as url,
        _pages(Path(folder), url) as bench,
    ):
        meter = Meter(bench.provider)
        for name, call in bench.cases():
            yield PAGES[name], meter, call


@contextmanager
def _pages(folder: Path, url: str) -> Iterator[sign_in.Bench]:
    bench = sign_in.Bench(served.application(folder, url, people=1))
    try:
        yield bench
    finally:
        bench.provider.database.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
