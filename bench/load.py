"""Load on any running OpenID provider: `python -m bench.load --issuer http://127.0.0.1:8000 --client portal:secret …`.

Each scenario runs for some seconds over some connections. Units: operations a second, milliseconds (median and 99th
percentile), and with `--pid` the processor time of the server's processes per operation in microseconds, which hardly
depends on what else the machine does: 1,000,000 divided by it is what one core can serve. The last column is that
time relative to discovery, or the rate if no process is named. The load program itself takes a good part of a core.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench.visitor import Target, Visitor
from bench.wire import Wire

Operation = Callable[[Visitor], Coroutine[Any, Any, None]]

SCENARIOS: dict[str, Operation] = {
    "discovery": Visitor.discovery,
    "jwks": Visitor.jwks,
    "client_credentials": Visitor.client_credentials,
    "userinfo": Visitor.userinfo,
    "introspection": Visitor.introspection,
    "refresh": Visitor.refresh,
    "code": Visitor.code,
    "pushed_code": Visitor.pushed_code,
    "login_page": Visitor.login_page,
    "sign_in": Visitor.sign_in,
}
WITH_TOKENS = {"userinfo", "introspection", "refresh", "code", "pushed_code"}
COLUMNS = f"{'':20} {'per second':>11} {'median ms':>10} {'p99 ms':>8} {'CPU µs':>8} {'ratio':>6}\n"


def run(asked: argparse.Namespace) -> None:
    """Print the table that the arguments ask for."""
    targets = read_targets(asked)
    sys.stdout.write(COLUMNS)
    unit = 0.0
    for name in asked.scenarios or SCENARIOS:
        unit = asyncio.run(report(targets, name, asked, unit))


def read_targets(asked: argparse.Namespace) -> list[Target]:
    """Return each connection's target: the same for all, except for the person."""
    client_id, _, secret = asked.client.partition(":")
    user, _, password = asked.person.partition(":")
    with urlopen(asked.issuer + "/.well-known/openid-configuration") as answer:  # noqa: S310
        metadata = json.load(answer)
    people = [user.replace("{n}", str(number)) for number in range(asked.connections)]
    scopes = {"machine_scope": asked.machine_scope, "scope": asked.scope}
    known = {"metadata": metadata, "client_id": client_id, "secret": secret, "redirect_uri": asked.redirect}
    return [Target(**known, **scopes, user=person, password=password) for person in people]


async def report(targets: list[Target], name: str, asked: argparse.Namespace, unit: float) -> float:
    """Run one scenario and print its line; returns the unit for the lines that follow."""
    pid = asked.pid
    visitors = [Visitor(target, Wire(asked.issuer)) for target in targets]
    before = 0.0

    def begin() -> None:
        nonlocal before
        before = processor_time(pid)

    times, took = await visit(visitors, name, asked.seconds, begin)
    used = processor_time(pid) - before
    cost = used / len(times) if pid else took / len(times)
    unit = unit or cost
    percentiles = statistics.quantiles(times, n=100)
    cpu = f"{used / len(times) * 1e6:8.0f}" if pid else f"{'':8}"
    median, last = percentiles[49] * 1000, percentiles[98] * 1000
    sys.stdout.write(f"{name:20} {len(times) / took:11.1f} {median:10.1f} {last:8.1f} {cpu} {cost / unit:6.1f}\n")
    sys.stdout.flush()
    return unit


async def visit(
    visitors: list[Visitor], name: str, seconds: float, begin: Callable[[], None]
) -> tuple[list[float], float]:
    """Repeat a scenario; returns how long each operation took, and all of them, in seconds.

    `begin` is called between the warm-up and the measurement.
    """
    if name in WITH_TOKENS:
        for visitor in visitors:
            await visitor.sign_in()
    warming = time.perf_counter() + seconds / 4
    await asyncio.gather(*(_repeat(SCENARIOS[name], visitor, warming, []) for visitor in visitors))
    times: list[float] = []
    begin()
    started = time.perf_counter()
    await asyncio.gather(*(_repeat(SCENARIOS[name], visitor, started + seconds, times) for visitor in visitors))
    took = time.perf_counter() - started
    for visitor in visitors:
        await visitor.wire.close()
    return times, took


async def _repeat(operation: Operation, visitor: Visitor, until: float, times: list[float]) -> None:
    while (begin := time.perf_counter()) < until:
        await operation(visitor)
        times.append(time.perf_counter() - begin)


def processor_time(pid: int) -> float:
    """Return the seconds that a process and all its children, running or ended, have used; 0 without one.

    One that ends meanwhile counts as its parent's from then on.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(processor_time(int(c)) for c in children)


def read_arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--client", required=True, help="id:secret, authenticated by client_secret_basic")
    parser.add_argument("--person", default="", help="name:password; {n} in the name is the number of the connection")
    parser.add_argument("--redirect", default="http://127.0.0.1:9/callback")
    parser.add_argument("--scope", default="openid email")
    parser.add_argument("--machine-scope", default="api")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--pid", type=int, default=0, help="the server's first process")
    parser.add_argument("scenarios", nargs="*", choices=[[], *SCENARIOS], help="all of them where none is named")
    return parser.parse_args(given)


if __name__ == "__main__":
    run(read_arguments())
