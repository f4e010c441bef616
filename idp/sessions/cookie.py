"""Cookies: one session per SSO group, and one that recognises the browser.

`__Host-` names on https (Secure, no Domain, Path=/), plain names on http, always HttpOnly and SameSite=Lax.
"""

from flask import Request, Response


def read(request: Request, group: str, *, secure: bool) -> str:
    """The session token the browser sent for this group, or an empty text."""
    raise NotImplementedError


def write(response: Response, group: str, token: str, *, secure: bool) -> None:
    """Set the session cookie; it lives as long as the browser."""
    raise NotImplementedError


def clear(response: Response, group: str, *, secure: bool) -> None:
    raise NotImplementedError


def browser(request: Request, *, secure: bool) -> str:
    """The browser's cookie value, or an empty text for a browser never seen (or one that sent nonsense)."""
    raise NotImplementedError


def write_browser(response: Response, value: str, *, secure: bool) -> None:
    """Give the browser its value (`opaque.token()`), for 400 days."""
    raise NotImplementedError
