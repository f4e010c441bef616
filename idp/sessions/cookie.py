"""Cookies: one session per SSO group, one that recognises the browser, and one for sessions of staff.

`__Host-` names on https (Secure, no Domain, Path=/), plain names on http; always HttpOnly and SameSite=Lax.
"""

import re

from flask import Request
from werkzeug import Response

SESSION = "session"
BROWSER = "browser"
STAFF = "staff"

BROWSER_AGE = 400 * 24 * 3600
"""The longest that browsers keep a cookie (RFC 6265bis §5.5)."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""The format of `random_values.token()`. Any other value in a cookie counts as no cookie."""


def read(request: Request, group: str, *, secure: bool) -> str:
    """Return the session token the browser sent for this group, or an empty text."""
    return _read(request, f"{SESSION}-{group}", secure)


def groups(request: Request, *, secure: bool) -> list[str]:
    """Return the groups that the browser has a session cookie of."""
    prefix = _name("session-", secure)
    return sorted(name.removeprefix(prefix) for name in request.cookies if name.startswith(prefix))


def write(response: Response, group: str, token: str, *, secure: bool) -> None:
    """Set the session cookie; it lives as long as the browser runs."""
    _write(response, f"{SESSION}-{group}", token, secure, max_age=None)


def clear(response: Response, group: str, *, secure: bool) -> None:
    _write(response, f"{SESSION}-{group}", "", secure, max_age=0)


def browser(request: Request, *, secure: bool) -> str:
    """Return the browser's own random value, or an empty text for one never seen."""
    return _read(request, BROWSER, secure)


def write_browser(response: Response, value: str, *, secure: bool) -> None:
    """Give the browser its value (`random_values.token()`)."""
    _write(response, BROWSER, value, secure, max_age=BROWSER_AGE)


def staff(request: Request, *, secure: bool) -> str:
    """Return the token of a session of staff, or an empty text."""
    return _read(request, STAFF, secure)


def write_staff(response: Response, token: str, *, secure: bool) -> None:
    """Set the cookie of a session of staff; no portal's session has anything to do with it."""
    _write(response, STAFF, token, secure, max_age=None)


def clear_staff(response: Response, *, secure: bool) -> None:
    _write(response, STAFF, "", secure, max_age=0)


def _name(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _read(request: Request, name: str, secure: bool) -> str:
    value = request.cookies.get(_name(name, secure), "")
    return value if TOKEN.fullmatch(value) else ""


def _write(response: Response, name: str, value: str, secure: bool, *, max_age: int | None) -> None:
    response.set_cookie(
        _name(name, secure), value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="Lax"
    )
