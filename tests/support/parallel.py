"""Real threads that start together: how races are proved or provoked."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def in_parallel(*calls: Callable[[], Result]) -> list[Result]:
    """Run every call in a thread of its own, released at once; results in the order of the calls."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
