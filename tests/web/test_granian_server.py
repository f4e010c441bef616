"""gunicorn and granian side by side: requests are what clients sent, whoever serves them."""

import os
import re
import signal
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import Request, urlopen
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from idp.settings import SettingsError
from idp.settings_loader import load_settings
from idp.web.granian_server import Turns, refuse_unsafe
from tests.support.real_server import RealServer, running

ASKED = 20


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Two processes behind a proxy on this machine. A variable of theirs looks like the header of a proxy."""
    own = {"HTTP_VIA": "1.1 variable", "IDP_SERVER__WORKERS": "2", "IDP_SERVER__TRUSTED_PROXIES": "127.0.0.2"}
    with running(tmp_path_factory.mktemp("real"), None, request.param, **own) as server:
        yield server


def read(server: RealServer, path: str, **headers: str) -> str:
    """The body of the answer to a connection of its own."""
    with urlopen(Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)) as answer:
        return str(answer.read().decode())


def processes(server: RealServer) -> list[int]:
    return [int(child) for child in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


def test_a_variable_of_the_process_is_no_header_of_a_request(server: RealServer) -> None:
    """With a mark of a proxy that nobody knows, the metrics would be hidden."""
    assert "idp_requests_total" in read(server, "/metrics")


def test_the_metrics_are_those_of_all_processes(server: RealServer) -> None:
    for _ in range(ASKED):
        read(server, "/healthz")

    found = re.search(
        r'idp_requests_total\{method="GET",route="/healthz",status="2xx"\} ([0-9.]+)', read(server, "/metrics")
    )

    assert found is not None
    assert float(found.group(1)) >= ASKED


def test_a_process_that_dies_is_replaced(server: RealServer) -> None:
    before = processes(server)
    os.kill(before[0], signal.SIGKILL)

    until = time.monotonic() + 30
    while before[0] in processes(server) or len(processes(server)) < len(before):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert all(server.healthy() for _ in range(ASKED))


class Protocol:
    """Takes an answer from the application, as granian does."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    def response_bytes(self, status: int, _headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.body = status, body


def scope(body: bytes = b"", **more: str) -> dict[str, Any]:
    length = {"CONTENT_LENGTH": str(len(body))} if body else {}
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": BytesIO(body), **length, **more}


def echo(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    start("200 OK", [])
    return [environ["wsgi.input"].read()]


def test_a_body_that_ends_early_is_a_bad_request() -> None:
    """RFC 9112 §8"""
    protocol = Protocol()

    Turns(echo, 1, lambda _environ: 100)(protocol, scope(b"abc", CONTENT_LENGTH="4"))

    assert protocol.status == 400


def test_requests_take_turns_and_a_slow_body_takes_none() -> None:
    body_may_come, first_may_end, running_now = Event(), Event(), []

    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            body_may_come.wait(10)
            return super().read(size)

    def application(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        running_now.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/first":
            first_may_end.wait(10)
        start("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    turns = Turns(application, 1, lambda _environ: 100)
    slow = {**scope(b"abc", PATH_INFO="/slow"), "wsgi.input": Slow(b"abc")}
    scopes = [slow, scope(PATH_INFO="/first"), scope(PATH_INFO="/second")]
    threads = [Thread(target=turns, args=(Protocol(), each)) for each in scopes]
    for thread in threads:
        thread.start()
        time.sleep(0.1)

    assert running_now == ["/first"], "one at a time, and the slow body is not it"
    first_may_end.set()
    threads[2].join(10)
    assert running_now == ["/first", "/second"]
    body_may_come.set()
    threads[0].join(10)
    assert running_now == ["/first", "/second", "/slow"]


def test_a_failing_application_gives_its_turn_back() -> None:
    def failing(_environ: WSGIEnvironment, _start: StartResponse) -> list[bytes]:
        raise LookupError

    turns = Turns(failing, 1, lambda _environ: 100)
    for _ in range(2):
        with pytest.raises(LookupError):
            turns(Protocol(), scope())


def test_certificates_in_headers_are_refused_under_granian() -> None:
    """RFC 8705 §6.5: nobody but the proxy may write them; granian takes X_Name for X-Name"""
    environ = {"IDP_SECRETS": "test:" + "QUFB" * 16, "IDP_ENVIRONMENT": "testing"}
    header = {"server": {"client_certificate_header": "X-Client-Certificate"}}

    with pytest.raises(SettingsError, match="client_certificate_header"):
        refuse_unsafe(load_settings(environ, overrides=header))
    refuse_unsafe(load_settings(environ))
