"""Clients that send slowly, too much or nonsense, against the real servers: they harm themselves only."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.support.real_server import RealServer, running, status
from tests.support.web_server import certificate_for

HEAD = b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LIMIT = 262_144


SERVED = [("gunicorn", "http"), ("gunicorn", "https"), ("granian", "http"), ("granian", "https")]


@pytest.fixture(scope="module", params=SERVED, ids=" ".join)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    folder = tmp_path_factory.mktemp("real")
    kind, scheme = request.param
    certificate = certificate_for(folder, "localhost", "127.0.0.1") if scheme == "https" else None
    with running(folder, certificate, kind, IDP_SERVER__READ_TIMEOUT="1") as server:
        yield server


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET /healthz HT", HEAD + b"Content-Length: 100\r\n\r\nabc", CHUNKED + b"5\r\nab"],
    ids=["nothing", "half a head", "half a body", "half a chunk"],
)
def test_an_unfinished_request_does_not_hold_a_thread(server: RealServer, beginning: bytes) -> None:
    with ExitStack() as waiting:
        for _ in range(6):  # three times as many as there are threads
            waiting.enter_context(server.connect()).sendall(beginning)

        started = time.monotonic()
        assert server.healthy()
        assert time.monotonic() - started < 12


def test_who_does_not_even_shake_hands_holds_no_thread(server: RealServer) -> None:
    with ExitStack() as waiting:
        for _ in range(6):
            waiting.enter_context(server.connect(tls=False)).sendall(b"\x16\x03\x01")

        assert server.healthy()


def test_a_request_in_drops_is_given_up(server: RealServer) -> None:
    """Each drop would come in time, all of them do not. Under granian no thread waits for a head."""
    with server.connect() as dripping:
        started = time.monotonic()
        try:
            for byte in HEAD * 3:
                dripping.sendall(bytes([byte]))
                time.sleep(0.05)
                if time.monotonic() - started > 20:
                    break
        except OSError:
            pass

    assert time.monotonic() - started < 15
    assert server.healthy()


@pytest.mark.parametrize("kind", [b"application/x-www-form-urlencoded", b"application/json", b"text/plain"])
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_over_the_limit_is_refused_however_it_is_framed(server: RealServer, framing: str, kind: bytes) -> None:
    head = b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + kind + b"\r\n"
    body = b"a" * (LIMIT + 1)
    framed = {
        "length": head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
        "chunks": head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n",
    }

    assert server.say(framed[framing]) == (411 if (server.kind, framing) == ("granian", "chunks") else 413)


@pytest.mark.parametrize("chunks", [b"zz\r\nab\r\n0\r\n\r\n", b"-1\r\n\r\n", b"2\r\nabXX0\r\n\r\n"])
def test_malformed_chunks_are_a_bad_request(server: RealServer, chunks: bytes) -> None:
    """RFC 9112 §7.1; granian cannot tell them, so that bodies have a length there (RFC 9110 §15.5.12)"""
    assert server.say(CHUNKED + chunks) == (411 if server.kind == "granian" else 400)


def test_well_formed_chunks_are_read(server: RealServer) -> None:
    """401: the client was found in the body and its secret is wrong."""
    form = b"grant_type=client_credentials&client_id=post&client_secret=wrong"
    body = b"%x\r\n" % len(form) + form + b"\r\n0\r\n\r\n"

    with server.connect() as connected:
        connected.sendall(CHUNKED + body)
        assert status(connected) in ({411} if server.kind == "granian" else {401, 503})


def test_who_never_reads_the_answers_holds_no_thread(server: RealServer) -> None:
    """Each of them asks for more than the buffers of its connection take: as many as there are threads, and more."""
    asked = b"GET /static/vestibule.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000
    with ExitStack() as waiting:
        deaf = [waiting.enter_context(server.connect(receives=4096)) for _ in range(6)]
        for each in deaf:
            each.settimeout(0.2)
            with suppress(OSError):
                each.sendall(asked)

        for _ in range(8):
            assert server.healthy()
            time.sleep(0.5)


def test_who_does_not_part_keeps_nobody_waiting(server: RealServer) -> None:
    """RFC 9112 §9.6: the server lingers, while it serves others"""
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with ExitStack() as waiting:
        for _ in range(8):
            staying = waiting.enter_context(server.connect())
            staying.sendall(asked)
            assert status(staying) == 200

        started = time.monotonic()
        assert server.healthy()
        assert time.monotonic() - started < 4
