"""The preferences that this browser remembers: the chosen language and the last portal. They prove nothing.

The cookies are `__Host-language` and `__Host-portal` on https, without the prefix elsewhere.
"""

from dataclasses import dataclass
from functools import lru_cache

from flask import Request
from werkzeug import Response
from werkzeug.http import dump_cookie

LANGUAGE = "language"
PORTAL = "portal"
ONE_YEAR = 31_536_000


@dataclass(frozen=True)
class Preferences:
    language: str = ""
    portal: str = ""  # a client id


def read(request: Request, *, secure: bool) -> Preferences:
    """Read the preferences from the browser's cookies, which may hold any text."""
    return Preferences(
        language=request.cookies.get(_name(LANGUAGE, secure), ""),
        portal=request.cookies.get(_name(PORTAL, secure), ""),
    )


def write(response: Response, preferences: Preferences, *, secure: bool) -> None:
    """Remember what is not empty for a year."""
    for name, value in ((LANGUAGE, preferences.language), (PORTAL, preferences.portal)):
        if value:
            response.headers.add("Set-Cookie", _cookie(_name(name, secure), value, secure))


@lru_cache(maxsize=256)  # every first page sets one of the few languages and portals
def _cookie(name: str, value: str, secure: bool) -> str:
    return dump_cookie(name, value, max_age=ONE_YEAR, path="/", secure=secure, httponly=True, samesite="Lax")


def _name(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name
