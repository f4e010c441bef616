"""Unready before closed: a server that is about to stop says so first, and serves until nobody sends it requests.

The mark is a byte of memory that the master shares with every process that it forked (`config/gunicorn.conf.py`).
"""

from mmap import mmap


class Draining:
    def __init__(self) -> None:
        self._mark = mmap(-1, 1)

    def begin(self) -> None:
        """Make every process that shares this object unready."""
        self._mark[0] = 1

    def reason(self) -> str:
        """Return the fault for `/readyz`, empty while the server runs."""
        return "the server is about to stop" if self._mark[0] else ""
