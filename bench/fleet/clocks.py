"""Clocks that are wrong: libfaketime between a process and its machine.

It moves the clock of intervals as well, by the same amount, so that intervals stay right. A clock that is set while a
process runs cannot be made this way: `tests/outages/test_wrong_clocks.py` does.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.fleet import processes
from bench.fleet.fleet import Fleet
from bench.fleet.processes import Node

FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
MISSING = "" if FAKETIME else "libfaketime (apt-get install libfaketime)"
LOOK = 0.2  # seconds


def off(by: str) -> dict[str, str]:
    """Return the variables of a process whose clock is off, such as `+10m`."""
    return {"LD_PRELOAD": str(FAKETIME[-1]), "FAKETIME": by}


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
