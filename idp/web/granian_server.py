"""The provider under granian: `idp serve --server granian`.

granian reads requests and writes answers in Rust, and calls the application in threads of Python. It has from here
what gunicorn has from `config/gunicorn.conf.py` and `idp.web.slow_clients`:

- Everything is loaded before the processes fork. SIGTERM makes the server unready first, and running requests end.
- Each connection may have a thread, and `server.threads` of a process answer at a time. So a body that arrives slowly
  keeps nobody waiting, and a request knows how long it waited for its turn (`idp.web.overload`).
- Bodies have a length: granian ends a malformed chunked one silently, as if all of it had come.
- The environment of the process is no part of a request. granian would copy it there, secrets included.
- `X_Name` and `X-Name` arrive as one header here. Who sends certificates in headers is refused (`refuse_unsafe`).
"""

import multiprocessing
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol, cast
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from flask import Flask
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import mp

from idp.settings import Settings, SettingsError
from idp.web import larger_bodies, overload, server_processes

CONNECTIONS = 256
"""At a time in each process; more wait until one of them ends."""
KEPT = 65
"""Seconds without a request after which a connection is closed: longer than proxies keep theirs."""
GRACE = 20
"""Seconds in which running requests may end after the server closed."""
LARGEST_HEAD = 64 * 1024

HTTP1 = HTTP1Settings(header_read_timeout=KEPT * 1000, max_buffer_size=LARGEST_HEAD)
COMMON: WSGIEnvironment = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
TURNED_AWAY = {400: b"Bad Request", 411: b"Length Required"}

log = structlog.get_logger()


class ResponseWriter(Protocol):
    """The protocol object of granian, as far as it is used here."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class Turns:
    """Lets so many requests of a process be answered at a time, each in a thread of its own."""

    def __init__(self, application: WSGIApplication, at_a_time: int, largest: Callable[[WSGIEnvironment], int]) -> None:
        self._application = application
        self._largest = largest
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(at_a_time):
            self._free.put(None)

    def __call__(self, protocol: ResponseWriter, scope: WSGIEnvironment) -> int:
        """Answer one request; returns the status, as granian expects."""
        environ = COMMON | scope
        if fault := self._read_body(environ):
            return self._turn_away(protocol, fault)
        begun = time.monotonic()
        self._free.get()
        try:
            overload.note_wait(time.monotonic() - begun)
            status, headers, body = self._answer(environ)
        finally:
            self._free.put(None)
        protocol.response_bytes(status, headers, body)
        return status

    def _read_body(self, environ: WSGIEnvironment) -> int:
        """Put the body into memory before the request takes its turn; returns the status of a body that is none.

        One that is larger than allowed is dropped: the application refuses it by its length. It is read as far as
        twice the limit, so that a client which only sends, and then looks, finds the refusal.
        """
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        length = int(environ.get("CONTENT_LENGTH") or 0)
        largest = self._largest(environ)
        wanted = 2 * largest if chunked else min(length, 2 * largest)
        body = environ["wsgi.input"].read(wanted) if wanted else b""
        environ["wsgi.input"] = BytesIO(body if length <= largest else b"")
        if chunked:
            return 411
        return 400 if len(body) < wanted else 0

    def _answer(self, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            begun.append((status, headers))

        parts = self._application(environ, cast(StartResponse, start))
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        status, headers = begun[-1]
        return int(status[:3]), headers, body

    def _turn_away(self, protocol: ResponseWriter, status: int) -> int:
        protocol.response_bytes(status, [("content-type", "text/plain"), ("connection", "close")], TURNED_AWAY[status])
        return status


class GranianServer(mp.MPServer):
    """The first process. `begin` is called in each process that it makes."""

    def __init__(self, settings: Settings, app: Flask, begin: Callable[[], None]) -> None:
        server = settings.server
        listen = urlsplit(f"//{server_processes.address(settings)}")
        super().__init__(
            "wsgi:app",
            address=listen.hostname or "127.0.0.1",
            port=listen.port or 8000,
            interface=Interfaces.WSGI,
            workers=server.workers or server_processes.number(),
            blocking_threads=CONNECTIONS,
            backpressure=CONNECTIONS,
            http=HTTPModes.http1,
            http1_settings=HTTP1,
            log_level=LogLevels.error,
            ssl_cert=Path(server.certificate) if server.certificate else None,
            ssl_key=Path(server.certificate_key) if server.certificate_key else None,
            ssl_protocol_min=SSLProtocols.tls12,  # RFC 9325 §3.1; the ciphers of rustls are the recommended ones
            respawn_failed_workers=True,
            workers_kill_timeout=GRACE,
        )
        self._drain = server.drain
        self._draining = app.extensions["draining"]
        self._turns = Turns(app.wsgi_app, server.threads, larger_bodies.of_application(app).of_environ)
        self._begin = begin
        self._times_asked = 0

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        multiprocessing.set_start_method("fork")  # what is loaded already is shared
        # granian's own wrapper copies the environment of the process into every request
        mp._wsgi_call_wrap = lambda turns, *_: turns  # type: ignore[attr-defined]
        self.serve(target_loader=self._load, wrap_loader=False)

    def _load(self) -> Turns:
        """Return what answers requests; called in each process."""
        self._begin()
        return self._turns

    def signal_handler_interrupt(self, *_: object) -> None:
        """Begin to stop, or stop at once when asked again."""
        self._times_asked += 1
        super().signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def signal_handler_reload(self, *_: object) -> None:
        """Refuse: connections that wait for a process would end with it."""
        log.warning("signal_ignored", reason="restart the server to change its settings")

    def shutdown(self, exit_code: int = 0) -> None:
        """Become unready first, and close `server.drain` seconds later."""
        self._draining.begin()
        end = time.monotonic() + self._drain
        while time.monotonic() < end and self._times_asked < 2:
            time.sleep(0.1)
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]


def refuse_unsafe(settings: Settings) -> None:
    """Raise `SettingsError` for settings that are safe under gunicorn only."""
    if settings.server.client_certificate_header:
        raise SettingsError(
            "server.client_certificate_header: granian takes X_Name for X-Name, so that clients could write this "
            "header behind a proxy that lets underscores pass; serve with gunicorn"
        )
