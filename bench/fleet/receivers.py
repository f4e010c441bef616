"""The SMS gateway and the portal that is told of logouts: one HTTPS server that counts what it took."""

import json
import ssl
import time
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from bench.fleet.mail import CODE
from tests.messages.mail_server import certificate

SMS = "/sms"
LOGOUT = "/logout"


@dataclass
class Receivers:
    """`texts` by the id of their row in the outbox, `codes` by number, `logouts` by the session (`sid`) that ended."""

    port: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    codes: dict[str, list[str]] = field(default_factory=dict)
    logouts: Counter[str] = field(default_factory=Counter)
    slow: float = 0
    """Seconds that the gateway takes for each message, which it then sends."""
    status: int = 200
    """The answer of the gateway; it sends nothing unless this is a success."""
    _lock: Lock = field(default_factory=Lock)

    def address(self, path: str) -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def take(self, path: str, body: bytes) -> int:
        """Return the status of the answer."""
        if path == LOGOUT:
            claims = read_claims(parse_qs(body.decode())["logout_token"][0])
            with self._lock:
                self.logouts[claims["sid"]] += 1
            return 200
        time.sleep(self.slow)
        if self.status == 200:
            told = json.loads(body)
            with self._lock:
                self.texts[told["reference"]] += 1
                if found := CODE.search(told["text"]):
                    self.codes.setdefault(told["to"], []).append(found[1] + found[2])
        return self.status


def key_of(token: str) -> str:
    """Return the `kid` of a JWT."""
    header = token.partition(".")[0]
    return str(json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


def read_claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT, unverified."""
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def _server(receivers: Receivers, context: ssl.SSLContext) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        timeout = 60

        def do_POST(self) -> None:
            status = receivers.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # callers that were killed meanwhile
    return server


@contextmanager
def running(folder: Path) -> Iterator[Receivers]:
    """Serve until the block ends, with the certificate `server.pem` of the folder."""
    receivers = Receivers()
    server = _server(receivers, certificate(folder)[0])
    receivers.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receivers
    finally:
        server.shutdown()
        server.server_close()
