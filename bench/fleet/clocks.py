"""Clocks that are wrong: libfaketime between a process and its machine. Only the time of day is wrong, not intervals.

Python's locks and sleeps wait by the clock of intervals, partly beyond the reach of libfaketime: a process whose clock
of intervals is off waits for ever.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.fleet import keys, processes
from bench.fleet.fleet import Fleet
from bench.fleet.processes import Node

FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
MISSING = "" if FAKETIME else "libfaketime (apt-get install libfaketime)"
LOOK = 0.2  # seconds
LOOKS = 12
"""Requests for the keys, so many that every process of a node looks at them while its clock is wrong."""
SLEEPING = """import select
import time

time.sleep = lambda seconds: select.select((), (), (), seconds) and None
"""
"""Every process whose clock is off runs this first: libfaketime makes the kernel refuse Python's own sleep."""


def off(fleet: Fleet, by: str) -> dict[str, str]:
    """Return the variables of a process whose clock is off, such as `+10m`."""
    return {**_moved(fleet), "FAKETIME": by}


def _moved(fleet: Fleet) -> dict[str, str]:
    folder = fleet.installed.folder / "sleeping"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(SLEEPING, encoding="utf-8")
    intervals = dict.fromkeys(
        ("FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC"), "1"
    )  # the second of old versions
    return {"LD_PRELOAD": str(FAKETIME[-1]), "PYTHONPATH": str(folder), **intervals}


@contextmanager
def extra_node(fleet: Fleet, **variables: str) -> Iterator[Node]:
    """Start one more node; the balancer sends it people once it says that it is ready."""
    node = processes.node(fleet.nodes[0].process.release, "extra-node", **variables)
    fleet.installed.kept(node.process)
    while processes.status(node.port, "/healthz") != 200:
        assert node.process.popen.poll() is None, f"{node.process.name} did not start"
        time.sleep(LOOK)
    fleet.balancer.join(node)
    try:
        yield node
    finally:
        fleet.balancer.take_out(node)
        fleet.balancer.leave(node)
        node.process.stop()


@contextmanager
def a_clock_is_set_back(fleet: Fleet) -> Iterator[None]:
    """F7: a node that was ten minutes ahead is put right, and follows the keys that are rotated then."""
    file = fleet.installed.folder / "clock"
    file.write_text("+10m", encoding="ascii")
    followed = {**_moved(fleet), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
    with extra_node(fleet, **followed) as node:
        for _ in range(LOOKS):
            processes.status(node.port, "/jwks.json")
        file.write_text("+0", encoding="ascii")
        node.wait_until_ready()
        node.process.release.run("keys", "rotate", "--now")
        keys.watch(fleet)
        yield
