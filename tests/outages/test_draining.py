"""A server that is asked to stop fails nobody: unready first, still serving, then closed. With real signals."""

import os
import shutil
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest

from tests.rules.source import ROOT
from tests.support.ports import free_port

SECRET = b64encode(b"0123456789abcdef0123456789abcdef").decode()
DRAIN = 2
IDP = (sys.executable, "-m", "idp")


class Server:
    """Two processes of gunicorn or granian, and the requests that a balancer would send them."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind = kind
        self.port = free_port()
        self.folder = folder
        self.environ = {
            **os.environ,
            "IDP_ENVIRONMENT": "testing",
            "IDP_SECRETS": f"test:{SECRET}",
            "IDP_BIND": f"127.0.0.1:{self.port}",
            "IDP_DATABASE__URL": f"sqlite:///{folder / 'idp.sqlite3'}",
            "IDP_FILES__CLIENTS": "tests/portals/clients",
            "IDP_SERVER__WORKERS": "2",
            "IDP_SERVER__DRAIN": str(DRAIN),
            "TMPDIR": str(folder),
        }
        self.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self.ready = True
        self.answers: list[int] = []

    def prepare(self) -> None:
        """Make the database and its keys."""
        for words in (("db", "upgrade"), ("worker", "--once")):
            command, quiet = [*IDP, *words], subprocess.DEVNULL
            subprocess.run(command, check=True, cwd=ROOT, env=self.environ, stdout=quiet, stderr=quiet)

    def start(self) -> None:
        command = [*IDP, "serve", "--server", self.kind]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environ, stderr=subprocess.DEVNULL)
        until(lambda: self.get("/readyz") == 200)

    def get(self, path: str) -> int:
        """The status; 0 where nobody answered."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def watch(self) -> None:
        """What a balancer does: ask whether the server is ready, ten times a second."""
        while self.process.poll() is None and self.ready:
            self.ready = self.get("/readyz") == 200
            time.sleep(0.1)

    def send(self) -> None:
        """Requests, one after the other, for as long as the balancer takes the server for ready."""
        while self.ready:
            self.answers.append(self.get("/.well-known/openid-configuration"))


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as a server finds it, made once for all tests: that takes longer than the servers."""
    folder = tmp_path_factory.mktemp("prepared")
    Server(folder, "gunicorn").prepare()
    return folder / "idp.sqlite3"


@pytest.fixture(params=["gunicorn", "granian"])
def server(tmp_path: Path, prepared: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    shutil.copyfile(prepared, tmp_path / "idp.sqlite3")
    running = Server(tmp_path, request.param)
    try:
        running.start()
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_no_request_fails_when_a_server_is_asked_to_stop(server: Server) -> None:
    threads = [Thread(target=server.watch), *(Thread(target=server.send) for _ in range(4))]
    for thread in threads:
        thread.start()
    time.sleep(1)

    server.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(30)

    assert set(server.answers) == {200}
    assert len(server.answers) > 20
    assert server.get("/readyz") == 503, "unready, and still there"
    assert server.process.wait(DRAIN + 25) == 0


def test_who_asks_twice_does_not_wait(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    begun = time.monotonic()

    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(20) == 0
    assert time.monotonic() - begun < DRAIN


def test_a_server_that_was_told_to_read_its_settings_again_leaves_no_folder_behind(server: Server) -> None:
    """granian refuses to: connections would be lost."""
    assert list(server.folder.glob("idp-metrics-*"))
    server.process.send_signal(signal.SIGHUP)
    time.sleep(2)
    until(lambda: server.get("/readyz") == 200)

    server.process.send_signal(signal.SIGTERM)
    server.process.wait(30)

    assert list(server.folder.glob("idp-metrics-*")) == []
