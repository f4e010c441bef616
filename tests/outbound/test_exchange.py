"""What the provider calls for others: never private networks, never for long, never much, never half a body."""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from idp.outbound import exchange as module
from idp.outbound.exchange import OutboundFailed, OutboundRequest, OutboundResponse, exchange
from tests.support.web_server import Served, certificate_for, serving

LARGEST = 256 * 1024
LONG = 20  # seconds that no call takes: what is compared is which comes first


def call(url: str, *, allow_private: bool = True, time_limit: float = 5, body: bytes | None = None) -> OutboundResponse:
    request = OutboundRequest(url, "POST" if body is not None else "GET", body=body)
    return exchange(request, allow_private=allow_private, time_limit=time_limit, largest=LARGEST)


@pytest.fixture
def portal() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def given_up() -> Iterator[Event]:
    """Set at the end of the test: until then the other side makes the caller wait."""
    ended = Event()
    yield ended
    ended.set()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for localhost that this process trusts."""
    path = certificate_for(tmp_path, "localhost")
    trust(path, monkeypatch)
    return path


def trust(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setattr(module, "_trust", module._trust.__wrapped__)


def test_a_document_is_fetched_over_https(certificate: Path) -> None:
    with serving(certificate) as portal:
        portal.body = b'{"keys": []}'

        assert call(f"{portal.url}/jwks?set=1") == OutboundResponse(200, b'{"keys": []}')
        assert portal.requests[0].path == "/jwks?set=1"


def test_a_body_is_posted_and_any_answer_returned(portal: Served) -> None:
    portal.status = 503

    answer = call(f"{portal.url}/logout", body=b"logout_token=a%2Bb")

    assert answer.status == 503
    assert portal.requests[0].form == {"logout_token": "a+b"}


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///nothing",
        "https://user@example.com/",
        "https://exämple.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[2002:7f00:1::]/",
        "https://[::7f00:1]/",
        "https://[::ffff:0:7f00:1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[fec0::1]/",
        "https://192.88.99.1/",
        "https://[2002:c058:6301::1]/",
        "https://[3fff::1]/",
        "https://2130706433/",
        "https://[not-an-address]/",
        "https://example.com:99999/",
        "",
        "\0",
    ],
)
def test_private_places_and_other_schemes_are_out_of_reach(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 3587 §3: what is no global unicast address may be a private one in disguise"""
    connected: list[object] = []

    def connect(address: object, *_: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(OutboundFailed):
        call(url, allow_private=False)

    assert connected == []


def test_a_name_is_resolved_once_and_the_looked_at_address_is_used(
    portal: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against DNS re-binding: a second answer of the name server would be another address."""
    resolved: list[str] = []
    real = socket.getaddrinfo

    def first_here_then_elsewhere(host: str, *rest: Any, **more: Any) -> Any:
        if host != "portal.test":
            return real(host, *rest, **more)
        resolved.append(host)
        return real("127.0.0.1" if len(resolved) == 1 else "192.0.2.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", first_here_then_elsewhere)

    call(portal.url.replace("localhost", "portal.test"))

    assert resolved == ["portal.test"]
    assert portal.requests[0].headers["Host"].startswith("portal.test")


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)

    with pytest.raises(OutboundFailed, match="not public"):
        call("https://example.com/", allow_private=False)


def test_redirects_are_not_followed(portal: Served) -> None:
    portal.status, portal.headers = 302, {"Location": "http://169.254.169.254/"}

    assert call(portal.url).status == 302
    assert len(portal.requests) == 1


def test_a_large_answer_is_refused(portal: Served) -> None:
    portal.body = b"x" * (LARGEST + 1)

    with pytest.raises(OutboundFailed, match="too large"):
        call(portal.url)


def test_a_slow_answer_is_given_up(portal: Served, given_up: Event) -> None:
    """The portal answers only once the caller has gone, or after longer than anybody waits."""
    portal.before = lambda _: given_up.wait(LONG)

    with pytest.raises(OutboundFailed):
        call(portal.url, time_limit=0.3)


def test_an_answer_in_drops_is_given_up(portal: Served, given_up: Event) -> None:
    """Each drop comes in time, all of them do not."""
    whole = Event()

    def drip(handler: Any) -> None:
        for _ in range(LONG * 10):
            handler.wfile.write(b"H")
            if given_up.wait(0.1):
                return
        whole.set()

    portal.before = drip

    with pytest.raises(OutboundFailed):
        call(portal.url, time_limit=0.3)

    assert not whole.is_set()


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate_for(tmp_path, "elsewhere.test")
    trust(path, monkeypatch)

    with serving(path) as portal, pytest.raises(OutboundFailed, match=r"(?i)certificate|hostname"):
        call(portal.url)


def test_a_look_up_of_a_name_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch, given_up: Event) -> None:
    """The system's look-up knows no time-out: a name server that says nothing would hold a thread for half a minute."""
    answered = Event()

    def slowly(*_: Any, **__: Any) -> list[Any]:
        given_up.wait(LONG)
        answered.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slowly)

    with pytest.raises(OutboundFailed, match="look-up"):
        call("https://portal.example.ch/", time_limit=0.2)

    assert not answered.is_set()


@pytest.mark.parametrize("framing", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_a_body_that_ends_too_early_is_refused(portal: Served, framing: bytes) -> None:
    """Half of a list may be a list that can be read."""

    def half(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n5\r\n[1,2\r\n")
        handler.close_connection = True
        handler.wfile.close()
        raise ConnectionAbortedError

    portal.before = half

    with pytest.raises(OutboundFailed, match=r"ended before|IncompleteRead"):
        call(portal.url)


def test_a_fault_does_not_quote_the_address() -> None:
    """A gateway that is asked by GET has number and text in its address."""
    with pytest.raises(OutboundFailed) as failure:
        call("http://localhost:1/send?to=+41791234567 code")

    assert "4179" not in str(failure.value)
