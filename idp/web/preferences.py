"""The preferences that this browser remembers: languages and the last portal. They prove nothing.

The cookies are `__Host-language`, `__Host-portal` and `__Host-portal-language` on https, without the prefix elsewhere.
"""

from dataclasses import dataclass
from functools import lru_cache

from flask import Request
from werkzeug import Response
from werkzeug.http import dump_cookie

LANGUAGE = "language"
PORTAL = "portal"
PORTAL_LANGUAGE = "portal-language"
ONE_YEAR = 31_536_000


@dataclass(frozen=True)
class Preferences:
    language: str = ""
    """The language that was chosen on one of our pages."""
    portal: str = ""  # a client id
    portal_language: str = ""
    """The language that a portal asked for last (`ui_locales`)."""


def read(request: Request, *, secure: bool) -> Preferences:
    """Read the preferences from the browser's cookies, which may hold any text."""
    return Preferences(
        language=request.cookies.get(_name(LANGUAGE, secure), ""),
        portal=request.cookies.get(_name(PORTAL, secure), ""),
        portal_language=request.cookies.get(_name(PORTAL_LANGUAGE, secure), ""),
    )


def write(response: Response, preferences: Preferences, *, secure: bool) -> None:
    """Remember what is not empty for a year."""
    remembered = (
        (LANGUAGE, preferences.language),
        (PORTAL, preferences.portal),
        (PORTAL_LANGUAGE, preferences.portal_language),
    )
    for name, value in remembered:
        if value:
            response.headers.add("Set-Cookie", _cookie(_name(name, secure), value, secure))


@lru_cache(maxsize=256)  # every first page sets one of the few languages and portals
def _cookie(name: str, value: str, secure: bool) -> str:
    return dump_cookie(name, value, max_age=ONE_YEAR, path="/", secure=secure, httponly=True, samesite="Lax")


def _name(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name
