"""gunicorn's threads, out of reach of clients that send slowly.

gunicorn reads heads and bodies in the thread that answers, and waits for as long as the client likes. Here a connection
waits in the event loop until its first byte is there; from then on the request has `read_timeout` seconds to arrive,
handshake and body included. The same clock cannot end an answer that takes long: only the reading side is shut.

A client that does not read its answer gets as long for each piece of it. A connection that ends waits in the event loop
for its client's farewell; gunicorn would stop the loop, and every other client, for up to two seconds.

A client that opens enough connections still holds the threads for those seconds, again and again: on the internet
a proxy must read requests first. Production does not start without one (docs/operations.md, `idp doctor`).
"""

import errno
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from threading import Lock
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from gunicorn.workers.gthread import TConn, ThreadWorker

from idp.web import overload

FAREWELL = 2.0
"""Seconds in which a client may close its side of a connection that ended (RFC 9112 §9.6)."""
CHUNK = 65_536


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """The worker `gthread` of gunicorn, with deadlines for reading a request, writing the answer and closing."""

    read_timeout = 20.0
    """Seconds; `config/gunicorn.conf.py` sets it from the settings."""
    shares: Sequence[int] = ()
    """Which listening sockets this process was lent (`idp.web.listeners`)."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._lock = Lock()
        self._read_until: dict[TConn, float] = {}
        self._asked_at: dict[TConn, float] = {}
        self._parting: deque[TConn] = deque()

    def load_wsgi(self) -> None:
        """Start the time limit of an answer when its request has been read."""
        super().load_wsgi()
        application: WSGIApplication = self.wsgi  # type: ignore[has-type]

        def hurrying(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            answer: Iterable[bytes] = application(environ, start_response)
            environ["gunicorn.socket"].settimeout(self.read_timeout)
            return answer

        self.wsgi = hurrying

    def enqueue_req(self, conn: TConn) -> None:
        """Give the connection to a thread; a new one only once there is something to read."""
        if conn.initialized or conn.data_ready:
            self._asked_at[conn] = time.monotonic()
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + self.read_timeout
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: TConn) -> Any:
        """Answer a request that has until then to arrive."""
        begin = time.monotonic()
        overload.note_wait(begin - self._asked_at.pop(conn, begin))
        with self._lock:
            self._read_until[conn] = time.monotonic() + self.read_timeout
        try:
            return super().handle(conn)
        finally:
            with self._lock:
                self._read_until.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer; a client that does not take the answer in time is gone."""
        try:
            return super().handle_request(req, conn)
        except TimeoutError as error:
            raise BrokenPipeError(errno.EPIPE, "the client does not read") from error

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Keep the connection, or part from it without waiting in front of the others."""
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
            return
        conn.timeout = time.monotonic() + FAREWELL
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, partial(self._hear_out, conn))
        except (OSError, ValueError):
            self._close(conn)
        else:
            self._parting.append(conn)

    def murder_pending(self) -> None:
        """Close connections that never began or do not end, and stop reading from those that never end: called every
        second."""
        super().murder_pending()
        now = time.monotonic()
        while self._parting and self._parting[0].timeout < now:
            self._part(self._parting[0])
        with self._lock:
            late = [conn for conn, until in self._read_until.items() if until < now]
        for conn in late:
            # The thread finds the end of the request, as if the client had gone. TLS's own farewell would wait as well.
            with suppress(OSError):
                socket.socket.shutdown(conn.sock, socket.SHUT_RD)

    def _hear_out(self, conn: TConn, client: socket.socket) -> None:
        """Drop what the client still says; the end of it ends the connection."""
        try:
            said = client.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self._part(conn)

    def _part(self, conn: TConn) -> None:
        self._parting.remove(conn)
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()
