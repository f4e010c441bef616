"""The provider under the real gunicorn or granian with the real configuration, and raw sockets to speak to it."""

import base64
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.rules.source import ROOT
from tests.support.ports import free_port

READY_WITHIN = 60
SERVERS = {
    "gunicorn": ["-m", "gunicorn", "-c", "config/gunicorn.conf.py", "wsgi:app"],
    "granian": ["config/granian.conf.py"],
}


@dataclass(frozen=True)
class RealServer:
    port: int
    certificate: Path | None = None
    kind: str = "gunicorn"
    pid: int = 0

    def connect(self, *, tls: bool = True, receives: int = 0) -> socket.socket:
        """A connection; `tls=False` leaves the handshake out where there should be one, `receives` is the most bytes
        that wait to be read here."""
        connected = socket.socket()
        if receives:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        connected.settimeout(15)
        try:
            connected.connect(("127.0.0.1", self.port))
        except OSError:
            connected.close()
            raise
        if self.certificate is None or not tls:
            return connected
        context = ssl.create_default_context(cafile=str(self.certificate))
        return context.wrap_socket(connected, server_hostname="localhost")

    def say(self, raw: bytes) -> int:
        """Send these bytes; the status of the answer, 0 if the connection was closed without one."""
        with self.connect() as connected:
            connected.sendall(raw)
            return status(connected)

    def healthy(self) -> bool:
        return self.say(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") == 200


def status(connected: socket.socket) -> int:
    try:
        line = connected.recv(1000).partition(b"\r\n")[0]
    except ConnectionResetError:
        return 0
    return int(line.split()[1]) if line else 0


@contextmanager
def running(
    folder: Path, certificate: Path | None = None, kind: str = "gunicorn", **variables: str
) -> Iterator[RealServer]:
    """One process with two threads, until the block ends."""
    server = RealServer(free_port(), certificate, kind)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *SERVERS[kind]],
            cwd=ROOT,
            env=_environment(folder, server, variables),
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        _wait(server, process, folder / "log")
        yield replace(server, pid=process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _environment(folder: Path, server: RealServer, variables: Mapping[str, str]) -> dict[str, str]:
    own = {
        "IDP_ENVIRONMENT": "testing",
        "IDP_BIND": f"127.0.0.1:{server.port}",
        "IDP_SECRETS": "test:" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode(),
        "IDP_DATABASE__URL": f"sqlite:///{folder}/idp.sqlite3",
        "IDP_FILES__VARIABLE": str(folder / "var"),
        "IDP_FILES__CLIENTS": str(ROOT / "tests/portals/clients"),
        "IDP_SERVER__WORKERS": "1",
        "IDP_SERVER__THREADS": "2",
    }
    if server.certificate is not None:
        own |= {name: str(server.certificate) for name in ("IDP_SERVER__CERTIFICATE", "IDP_SERVER__CERTIFICATE_KEY")}
    return {**os.environ, **own, **variables}


def _wait(server: RealServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            if server.healthy():
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
