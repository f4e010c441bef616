"""SMS reach a real gateway in the shape that the settings give them, and its answers are understood."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.messages.catalogue import CATALOGUE
from idp.messages.delivery import ChannelDown, Parcel, TryLater, Undeliverable
from idp.messages.sms import HttpGateway
from idp.provider import Provider
from idp.settings import Sms
from tests.support.clock import MovableClock

ANNA = "+41791234567"


class Gateway:
    """Every request as (method, path, headers, body); `status` and `answer` are what it says."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], str]] = []
        self.status = 200
        self.answer = '{"status": "accepted"}'
        self.url = ""


@contextmanager
def gateway() -> Iterator[Gateway]:
    kept = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            kept.requests.append((self.command, self.path, dict(self.headers), body))
            self.send_response(kept.status)
            if kept.status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(kept.answer.encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(url: str, **changes: Any) -> Sms:
    fields = {
        "transport": "http",
        "url": url,
        "method": "POST",
        "headers": {"Authorization": "Bearer {env:SMS_TOKEN}"},
        "format": "json",
        "body": {"to": "{to}", "text": "{text}", "reference": "{reference}", "from": "Vestibule"},
        "success_status": (200, 202),
        "success_pattern": '"accepted"',
        "timeout": 1,
        "countries": ("CH", "FR"),
        "price": 0.0,
        "currency": "CHF",
        **changes,
    }
    return Sms(**fields)


@pytest.fixture
def send(provider: Provider, clock: MovableClock) -> Any:
    def send(sms: Sms, to: str = ANNA) -> None:
        payload = {
            "to": to,
            "template": "sign_in_code",
            "language": "fr",
            "values": CATALOGUE["sign_in_code"].sample,
            "brand": "e-services",
        }
        now = clock.now()
        with HttpGateway(provider.composer, sms, {"SMS_TOKEN": "t0p"}, provider.outbound)() as deliver:
            deliver(Parcel("m1", "sms", payload, "", "", 1, now, now))

    return send


def test_a_json_gateway_gets_number_text_reference_and_credentials(send: Any) -> None:
    with gateway() as kept:
        send(settings(kept.url))

    ((method, _path, headers, body),) = kept.requests
    fields = json.loads(body)
    assert method == "POST"
    assert headers["Authorization"] == "Bearer t0p"
    assert (fields["to"], fields["reference"], fields["from"]) == (ANNA, "m1", "Vestibule")
    assert "482913" in fields["text"]


def test_a_form_gateway(send: Any) -> None:
    with gateway() as kept:
        send(settings(kept.url, format="form"))

    ((_method, _path, headers, body),) = kept.requests
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body)["to"] == [ANNA]


def test_a_gateway_that_is_asked_by_get(send: Any) -> None:
    with gateway() as kept:
        send(settings(kept.url, method="GET"))

    ((method, path, _headers, body),) = kept.requests
    assert (method, body) == ("GET", "")
    assert parse_qs(urlsplit(path).query)["to"] == [ANNA]


@pytest.mark.parametrize(
    ("status", "answer", "fault"),
    [
        (200, '{"status": "rejected"}', TryLater),
        (400, "bad number", Undeliverable),
        (422, "bad number", Undeliverable),
        (401, "", ChannelDown),
        (429, "", ChannelDown),
        (500, "", ChannelDown),
        (302, "", ChannelDown),
    ],
)
def test_answers_are_told_apart(send: Any, status: int, answer: str, fault: type[Exception]) -> None:
    with gateway() as kept:
        kept.status, kept.answer = status, answer
        with pytest.raises(fault):
            send(settings(kept.url))

    assert len(kept.requests) == 1


@pytest.mark.parametrize("to", ["anna@example.ch", "0791234567", "+12025550123", "+4179", ""])
def test_what_is_no_number_of_a_served_country_is_never_sent(send: Any, to: str) -> None:
    """P61"""
    with gateway() as kept, pytest.raises(Undeliverable):
        send(settings(kept.url), to)

    assert kept.requests == []


def test_a_gateway_that_says_nothing_is_not_waited_for(send: Any) -> None:
    """Rulings 27"""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ChannelDown, match="too slow"):
            send(settings(f"http://127.0.0.1:{silent.getsockname()[1]}/"))


def test_a_gateway_that_is_gone_is_a_channel_that_is_down(send: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ChannelDown):
            send(settings(f"http://127.0.0.1:{unused.getsockname()[1]}/"))
