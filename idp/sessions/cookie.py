"""Cookies: one session per SSO group, and one that recognises the browser.

`__Host-` names on https (Secure, no Domain, Path=/), plain names on http, always HttpOnly and SameSite=Lax.
"""

import re

from flask import Request
from werkzeug import Response

BROWSER = "browser"
FOUR_HUNDRED_DAYS = 34_560_000  # the longest life that browsers grant
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # `opaque.token()`


def read(request: Request, group: str, *, secure: bool) -> str:
    """The session token the browser sent for this group, or an empty text."""
    return _well_formed(request.cookies.get(_name(f"session-{group}", secure), ""))


def write(response: Response, group: str, token: str, *, secure: bool) -> None:
    """Set the session cookie; it lives as long as the browser."""
    _set(response, _name(f"session-{group}", secure), token, None, secure)


def clear(response: Response, group: str, *, secure: bool) -> None:
    _set(response, _name(f"session-{group}", secure), "", 0, secure)


def browser(request: Request, *, secure: bool) -> str:
    """The browser's cookie value, or an empty text for a browser never seen (or one that sent nonsense)."""
    return _well_formed(request.cookies.get(_name(BROWSER, secure), ""))


def write_browser(response: Response, value: str, *, secure: bool) -> None:
    """Give the browser its value (`opaque.token()`), for 400 days."""
    _set(response, _name(BROWSER, secure), value, FOUR_HUNDRED_DAYS, secure)


def _set(response: Response, name: str, value: str, max_age: int | None, secure: bool) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="Lax")


def _name(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _well_formed(value: str) -> str:
    return value if TOKEN.fullmatch(value) else ""
