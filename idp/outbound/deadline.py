"""One deadline for a whole call: looking the name up, connecting, TLS, sending, and every byte that is read.

The time-outs of sockets count from one byte to the next, so that a server that drips holds a thread for as long as it
likes; and the system's lookup of names has no time-out at all.
"""

import io
import socket
import time
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread

LOOKUPS_AT_ONCE = 16
"""A lookup that was given up continues in its thread until the system ends it: so many may, then nobody looks up."""

_lookups = BoundedSemaphore(LOOKUPS_AT_ONCE)


class Deadline:
    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises `TimeoutError` when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        return left


def addresses(host: str, port: int, deadline: Deadline) -> set[str]:
    """Return every address of this host. Raises `OSError`, `TimeoutError` among them."""
    answer: SimpleQueue[set[str] | Exception] = SimpleQueue()
    if not _lookups.acquire(blocking=False):
        raise TimeoutError("too many names are being looked up")

    def look_up() -> None:
        try:
            answer.put({str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
        except Exception as error:
            answer.put(error)
        finally:
            _lookups.release()

    Thread(target=look_up, name="look-up of a name", daemon=True).start()
    try:
        found = answer.get(timeout=deadline.left())
    except Empty:
        raise TimeoutError("the look-up of the name was too slow") from None
    if isinstance(found, Exception):
        raise found
    return found


class TimedSocket:
    """The socket operations that `http.client` uses, each within the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._socket, self._deadline))

    def close(self) -> None:
        self._socket.close()


class _TimedReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._raw = connected.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._socket.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
