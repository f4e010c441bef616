"""Whether a million people cost more than a thousand: `python -m bench.growth [--sizes 1000,100000] [--sqlite]`.

The provider under granian, on PostgreSQL with its durability on or on SQLite. Between the measurements the database
copies all rows of a person who signed in twice: identifiers, password, sessions, families, audit. Unit: processor µs
per operation, of the provider and of the database together; in brackets the ratio to the first size.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from bench.peers import measuring, ours, postgresql, results
from bench.peers.server import PEOPLE, Server
from bench.visitor import Visitor, somewhere
from bench.wire import Wire
from idp.people.emails import EmailAddress
from tests.support.multiplied import multiply

SIZES = (1_000, 100_000, 1_000_000)
AT_ONCE = 50_000
VISITORS = 2
"""Fewer than the server can serve: processor time is wanted, and a rush of sign-ins is turned away."""
OPERATIONS = [each for each in measuring.OPERATIONS if each not in {"discovery", "jwks", "client_credentials"}]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--sizes", type=lambda sizes: [int(size) for size in sizes.split(",")], default=[])
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--seconds", type=float, default=4)
    asked = parser.parse_args()
    sizes = asked.sizes or list(SIZES)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        with _served(Path(folder), sqlite=asked.sqlite) as (server, url):
            grown = _grown(server, url, sizes)
            costs = {size: _measured(server, size, asked.seconds, Path(folder)) for size in grown}
    table = "\n".join(_table(costs))
    sys.stdout.write(f"{results.machine()}\n\n{table}\n")


@contextmanager
def _served(folder: Path, *, sqlite: bool) -> Iterator[tuple[Server, str]]:
    if sqlite:
        url = f"sqlite:///{folder}/growth.sqlite3"
        with ours.running("granian", url, 0, folder / "granian") as server:
            yield server, url
        return
    with postgresql.running("granian") as database:
        url = database.url("granian")
        with ours.running("granian", url, database.pid, folder / "granian") as server:
            yield server, url


def _grown(server: Server, url: str, sizes: list[int]) -> Iterator[int]:
    """Bring the database to each size in turn."""
    target = server.targets()[PEOPLE - 1]  # the load comes from others
    asyncio.run(_sign_in_twice(Visitor(target, Wire(server.issuer, client=somewhere()))))
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        person_id = connection.scalar(sa.select(EmailAddress.person_id).where(EmailAddress.address == target.user))
    assert person_id is not None
    there = 0
    for size in sizes:
        while there < size:
            upto = min(size, there + AT_ONCE)
            multiply(engine, person_id, there + 1, upto)
            there = upto
        yield size
    engine.dispose()


async def _sign_in_twice(visitor: Visitor) -> None:
    await visitor.sign_in()
    await visitor.sign_in()
    await visitor.wire.close()


def _measured(server: Server, size: int, seconds: float, folder: Path) -> dict[str, float]:
    costs = {}
    for operation in OPERATIONS:
        measuring.measure(server, operation, seconds / 4, folder, VISITORS)
        sample = measuring.measure(server, operation, seconds, folder, VISITORS)
        costs[operation] = sample.cpu_us + sample.database_us
        sys.stdout.write(f"{size:9} {operation:16} {sample.cpu_us:8.0f} + {sample.database_us:7.0f} µs\n")
        sys.stdout.flush()
    return costs


def _table(costs: dict[int, dict[str, float]]) -> Iterator[str]:
    first = next(iter(costs.values()))
    yield f"| operation | {' | '.join(f'{size:,} people' for size in costs)} |"
    yield f"|{'---|' * (len(costs) + 1)}"
    for operation in OPERATIONS:
        cells = [f"{each[operation]:.0f} ({each[operation] / first[operation]:.2f})" for each in costs.values()]
        yield f"| {results.TITLES[operation]} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
