"""gunicorn's threads, out of reach of clients that send slowly.

gunicorn reads heads and bodies in the thread that answers, and waits for as long as the client likes. Here a connection
waits in the event loop until its first byte is there; from then on the request has `read_timeout` seconds to arrive,
handshake and body included. The same clock cannot end an answer that takes long: only the reading side is shut.

Whoever opens enough connections still holds the threads for those seconds, over and over: in front of the internet
stands a proxy that reads requests first (docs/operations.md, `idp doctor`).
"""

import socket
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from threading import Lock
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """`gthread` with a deadline for reading a request."""

    read_timeout = 20.0
    """Seconds; `config/gunicorn.conf.py` sets it from the settings."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._lock = Lock()
        self._read_until: dict[TConn, float] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Give the connection to a thread, a new one only when something of it can be read."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + self.read_timeout
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: TConn) -> Any:
        """Answer a request that has until then to arrive."""
        with self._lock:
            self._read_until[conn] = time.monotonic() + self.read_timeout
        try:
            return super().handle(conn)
        finally:
            with self._lock:
                self._read_until.pop(conn, None)

    def murder_pending(self) -> None:
        """Close connections that never began, and stop reading from those that never end: called every second."""
        super().murder_pending()
        now = time.monotonic()
        with self._lock:
            late = [conn for conn, until in self._read_until.items() if until < now]
        for conn in late:
            # The thread finds the end of the request, as if the client had gone. TLS's own farewell would wait as well.
            with suppress(OSError):
                socket.socket.shutdown(conn.sock, socket.SHUT_RD)
