"""One short id per request, and when it began. The page prints it, the log line carries it, the audit event stores it.

It is short enough to be read out to the desk, and means nothing by itself.
"""

import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Request

from idp import random_values

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
KEY = "idp.request_id"
BEGAN = "idp.request_began"


def new() -> str:
    """Return a fresh id such as `8F3K-22QX`."""
    letters = random_values.code(8, ALPHABET)
    return f"{letters[:4]}-{letters[4:]}"


def request_id(request: Request) -> str:
    return str(request.environ.get(KEY, ""))


def seconds_since_start(environ: WSGIEnvironment) -> float:
    """Return how long this request has been with us."""
    now = time.perf_counter()
    return now - float(environ.get(BEGAN, now))


class RequestIds:
    """WSGI layer that gives every request an id and returns it in `X-Request-ID`."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id = environ[KEY] = new()
        environ[BEGAN] = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("X-Request-ID", request_id)], *rest)

        return self._application(environ, start)
