"""What the provider fetches for others: never from private networks, never for long, never much."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.oidc import outbound
from idp.oidc.outbound import OutboundFailed
from tests.support.web_server import Served, certificate_for, serving


@pytest.fixture
def portal() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for localhost that this process trusts."""
    path = certificate_for(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def test_a_document_is_fetched_over_https(certificate: Path) -> None:
    with serving(certificate) as portal:
        portal.body = b'{"keys": []}'

        assert outbound.fetch(f"{portal.url}/jwks?set=1", allow_private=True) == b'{"keys": []}'
        assert portal.requests[0].path == "/jwks?set=1"


def test_a_form_is_posted_and_any_answer_returned(portal: Served) -> None:
    portal.status = 503

    answer = outbound.post_form(f"{portal.url}/logout", {"logout_token": "a+b"}, allow_private=True)

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
        "https://2130706433/",
        "https://[not-an-address]/",
        "https://example.com:99999/",
        "",
        "\0",
    ],
)
def test_private_places_and_other_schemes_are_out_of_reach(url: str) -> None:
    """RFC 3587 §3: what is no global unicast address may be a private one in disguise"""
    with pytest.raises(OutboundFailed):
        outbound.fetch(url)


def test_a_name_is_resolved_once_and_the_looked_at_address_is_used(
    portal: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against DNS re-binding: a second answer of the name server would be another address."""
    resolved: list[str] = []
    real = outbound.socket.getaddrinfo

    def first_here_then_elsewhere(host: str, *rest: Any, **more: Any) -> Any:
        if host != "portal.test":
            return real(host, *rest, **more)
        resolved.append(host)
        return real("127.0.0.1" if len(resolved) == 1 else "192.0.2.1", *rest, **more)

    monkeypatch.setattr(outbound.socket, "getaddrinfo", first_here_then_elsewhere)

    outbound.fetch(portal.url.replace("localhost", "portal.test"), allow_private=True)

    assert resolved == ["portal.test"]
    assert portal.requests[0].headers["Host"].startswith("portal.test")


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: both)

    with pytest.raises(OutboundFailed, match="not public"):
        outbound.fetch("https://example.com/")


def test_redirects_are_not_followed(portal: Served) -> None:
    portal.status, portal.headers = 302, {"Location": "http://169.254.169.254/"}

    with pytest.raises(OutboundFailed, match="302"):
        outbound.fetch(portal.url, allow_private=True)


def test_a_large_answer_is_refused(portal: Served) -> None:
    portal.body = b"x" * (outbound.LARGEST + 1)

    with pytest.raises(OutboundFailed, match="too large"):
        outbound.fetch(portal.url, allow_private=True)


def test_a_slow_answer_is_given_up(portal: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TIME_LIMIT", 0.2)
    portal.before = lambda _: time.sleep(1)

    started = time.monotonic()
    with pytest.raises(OutboundFailed):
        outbound.fetch(portal.url, allow_private=True)

    assert time.monotonic() - started < 0.9


def test_an_answer_in_drops_is_given_up(portal: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each drop comes in time, all of them do not."""
    monkeypatch.setattr(outbound, "TIME_LIMIT", 0.3)

    def drip(handler: Any) -> None:
        for _ in range(20):
            handler.wfile.write(b"H")
            time.sleep(0.1)

    portal.before = drip

    started = time.monotonic()
    with pytest.raises(OutboundFailed):
        outbound.fetch(portal.url, allow_private=True)

    assert time.monotonic() - started < 1.5


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate_for(tmp_path, "elsewhere.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    with serving(path) as portal, pytest.raises(OutboundFailed, match=r"(?i)certificate|hostname"):
        outbound.fetch(portal.url, allow_private=True)
