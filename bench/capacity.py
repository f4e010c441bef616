"""The machines that so many people need: `python -m bench.capacity --people 1000000 [--sign-ins 0.1 …]`.

Costs are those of `bench/costs.json` (`python -m bench.costs`), sizes those of a filled database (`BYTES`). The rest
is arithmetic, and a queue: requests of the busiest minute come by chance, a node serves as many at once as it has
cores, and the 99th percentile of waiting must stay short. Prints nodes, cores of the database, its size, its commits
and writes a second, and the limit that is met next.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench import costs
from bench.costs import Cost

DAY, HOUR, YEAR = 86_400, 3_600, 365
GIBIBYTE, KIBIBYTE = 2**30, 2**10
LONGEST_WAIT = 0.1
"""Seconds that one request in a hundred may wait for a core."""
BUSIEST_HOUR = 0.15
"""The part of a day's sign-ins that falls into its busiest hour."""
BURST = 3.0
"""The busiest minute of that hour, divided by its mean."""
DATABASE_USE = 0.6
"""Of the database's cores at the busiest minute: the rest is for vacuum, retention and backups."""
PAGE = 8 * KIBIBYTE
OF_SIGN_IN: Mapping[str, float] = {"page": 1, "sign_in": 1, "redemption": 1, "userinfo": 1, "introspection": 4}
"""Operations that one sign-in brings, from the first page to the calls of the portal's APIs."""
LONGEST_TABLE = 1_000_000_000
"""Rows from which vacuum of one table takes hours: then it is time for partitions (docs/decisions)."""
LARGEST_PRIMARY = 64
"""Cores of a large machine for one PostgreSQL."""


@dataclass(frozen=True)
class Load:
    """So many people; `sign_ins`, `visits` (a code in a live session) and `refreshes` for each on a busy day.

    `events` are those that the audit trail gets for a sign-in, `kept` how many days it keeps them.
    """

    people: int
    sign_ins: float = 0.1
    visits: float = 0.1
    refreshes: float = 0.2
    events: float = 4
    kept: float = YEAR
    cores: int = 4

    @property
    def a_day(self) -> dict[str, float]:
        """The number of each operation on a busy day."""
        day = {name: self.people * self.sign_ins * times for name, times in OF_SIGN_IN.items()}
        day["authorize"] = self.people * self.visits
        day["redemption"] += self.people * self.visits
        day["refresh"] = self.people * self.refreshes
        return day

    @property
    def busiest(self) -> dict[str, float]:
        """The number of each operation in a second of the busiest minute."""
        return {name: times * BUSIEST_HOUR * BURST / HOUR for name, times in self.a_day.items()}


@dataclass(frozen=True)
class Capacity:
    """The machines for a load. Sizes in bytes, `rate` and `commits` a second of the busiest minute."""

    rate: float
    node_cores: int
    nodes: int
    database_cores: float
    commits: float
    log_rate: float
    size: float
    events: float


BYTES = {"person": 3_600.0, "session": 1_850.0, "event": 700.0}
"""Bytes with all indexes, of a database of `tests.support.population` with 100,000 people."""
SESSIONS_EACH = 2


def needed(load: Load, cost: Mapping[str, Cost]) -> Capacity:
    """Return the machines for a load."""
    busiest = load.busiest
    rate = sum(busiest.values())
    theirs = sum(times * cost[name].database_us for name, times in busiest.items()) / 1e6
    cores = least_servers(busiest, {name: (cost[name].provider_us + cost[name].database_us) / 1e6 for name in busiest})
    return Capacity(
        rate=rate,
        node_cores=cores,
        nodes=math.ceil(cores / load.cores) + 1,
        database_cores=theirs / DATABASE_USE,
        commits=sum(times * cost[name].commits for name, times in busiest.items()),
        log_rate=sum(times * cost[name].log_bytes for name, times in busiest.items()),
        size=_size(load),
        events=load.people * load.sign_ins * load.events * load.kept,
    )


def least_servers(rates: Mapping[str, float], seconds: Mapping[str, float]) -> int:
    """Return the least number of cores with which one request in a hundred waits at most `LONGEST_WAIT`.

    A password takes much longer than anything else: the wait is that of equal requests, times the spread of these
    (Allen and Cunneen's approximation).
    """
    rate = sum(rates.values())
    mean = sum(times * seconds[name] for name, times in rates.items()) / rate
    square = sum(times * seconds[name] ** 2 for name, times in rates.items()) / rate
    servers = math.floor(rate * mean) + 1
    while _wait_of_the_slowest(servers, rate, mean) * square / mean**2 / 2 > LONGEST_WAIT:
        servers += 1
    return servers


def _wait_of_the_slowest(servers: int, rate: float, service: float) -> float:
    """Return the 99th percentile of waiting in seconds, by Erlang's C formula."""
    offered = rate * service
    blocked = 1.0
    for number in range(1, servers + 1):  # Erlang's B, from one server to the next
        blocked = offered * blocked / (number + offered * blocked)
    waits = blocked / (1 - offered / servers * (1 - blocked))
    return max(0.0, math.log(waits / 0.01) * service / (servers - offered))


def _size(load: Load) -> float:
    people = load.people * (BYTES["person"] + SESSIONS_EACH * BYTES["session"])
    return people + load.people * load.sign_ins * load.events * load.kept * BYTES["event"]


def limits(found: Capacity) -> Iterator[str]:
    """Yield what this load is too much for, and its cure."""
    if found.events > LONGEST_TABLE:
        yield f"{found.events:.1g} events in one table: partitions by month, or a shorter retention.audit"
    if found.database_cores > LARGEST_PRIMARY:
        cores = f"{found.database_cores:.0f} cores"
        yield f"{cores} for one PostgreSQL: a distributed one, or an installation for each portal"
    elif found.database_cores > LARGEST_PRIMARY / 4:
        yield "a large machine for PostgreSQL: give it fast disks for its log, and PgBouncer in front"
    if found.nodes > 1 and found.database_cores <= LARGEST_PRIMARY / 4:
        yield "none: more nodes behind the balancer"


def lines(load: Load, cost: Mapping[str, Cost]) -> Iterator[str]:
    """Yield the answer, line by line."""
    found = needed(load, cost)
    yield f"{load.people:,} people, {load.people * load.sign_ins:,.0f} sign-ins on a busy day"
    yield f"requests a second, busiest minute {found.rate:10,.0f}"
    yield f"cores of the provider             {found.node_cores:10,}"
    yield f"nodes of {load.cores} cores, one to spare    {found.nodes:10,}"
    yield f"cores of the database             {found.database_cores:10,.1f}"
    yield f"commits a second                  {found.commits:10,.0f}"
    yield f"log, MiB a second                 {found.log_rate / 2**20:10,.1f}"
    yield f"writes a second (8 KiB)           {found.commits + 2 * found.log_rate / PAGE:10,.0f}"
    yield f"size of the database, GiB         {found.size / GIBIBYTE:10,.0f}"
    yield f"events in the audit trail         {found.events:10,.3g}"
    yield from (f"next limit: {limit}" for limit in limits(found))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("--people", type=int, action="append")
    for name, meaning in {
        "sign-ins": "sign-ins of a person on a busy day",
        "visits": "codes in a live session of a person on a busy day",
        "refreshes": "refreshed tokens of a person on a busy day",
        "events": "events of the audit trail for a sign-in",
        "kept": "days that events are kept",
    }.items():
        parser.add_argument(f"--{name}", type=float, default=getattr(Load, name.replace("-", "_")), help=meaning)
    parser.add_argument("--cores", type=int, default=Load.cores, help="cores of a node")
    asked = vars(parser.parse_args())
    people = asked.pop("people") or [10_000, 1_000_000, 100_000_000]
    known = costs.read()
    answers = ["\n".join(lines(Load(people=each, **asked), known)) for each in people]
    sys.stdout.write("\n\n".join(answers) + "\n")


if __name__ == "__main__":
    main()
