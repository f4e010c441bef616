"""The cookies of sessions and browsers."""

import pytest
from flask import Request, Response

from idp import random_values
from idp.sessions import cookie

TOKEN = random_values.token()


def request_with(name: str, value: str) -> Request:
    return Request({"HTTP_COOKIE": f"{name}={value}"})


def test_a_session_cookie_on_https_belongs_to_this_host_only() -> None:
    response = Response()

    cookie.write(response, "connect", TOKEN, secure=True)

    (header,) = response.headers.getlist("Set-Cookie")
    assert header == f"__Host-session-connect={TOKEN}; Secure; HttpOnly; Path=/; SameSite=Lax"


def test_on_http_the_cookie_has_a_plain_name() -> None:
    response = Response()

    cookie.write(response, "connect", TOKEN, secure=False)

    (header,) = response.headers.getlist("Set-Cookie")
    assert header == f"session-connect={TOKEN}; HttpOnly; Path=/; SameSite=Lax"


def test_each_group_reads_its_own_cookie() -> None:
    request = request_with("__Host-session-connect", TOKEN)

    assert cookie.read(request, "connect", secure=True) == TOKEN
    assert cookie.read(request, "e-services", secure=True) == ""
    assert cookie.read(request, "connect", secure=False) == ""


def test_clearing_ends_the_cookie_at_once() -> None:
    response = Response()

    cookie.clear(response, "connect", secure=True)

    (header,) = response.headers.getlist("Set-Cookie")
    assert header.startswith("__Host-session-connect=; ")
    assert "Max-Age=0" in header


def test_the_browser_is_recognised_for_as_long_as_browsers_allow() -> None:
    """RFC 6265bis §5.5: 400 days"""
    response = Response()

    cookie.write_browser(response, TOKEN, secure=True)

    (header,) = response.headers.getlist("Set-Cookie")
    assert header.startswith(f"__Host-browser={TOKEN}; ")
    assert "Max-Age=34560000" in header
    assert cookie.browser(request_with("__Host-browser", TOKEN), secure=True) == TOKEN


@pytest.mark.parametrize(
    "value", ["", "short", "x" * 44, "x" * 100_000, "é" * 43, '"' + "x" * 41 + '"', "x" * 42 + "%00"]
)
def test_a_cookie_we_never_made_counts_as_none(value: str) -> None:
    assert cookie.read(request_with("session-connect", value), "connect", secure=False) == ""
    assert cookie.browser(request_with("browser", value), secure=False) == ""
