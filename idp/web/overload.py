"""Refusing what waited too long for a thread, so that a rush of sign-ins ends soon for everybody.

Passwords are hashed slowly on purpose. Where more arrive than the processors can hash, every later one would wait
longer. A POST that waited `LONGEST_WAIT` before its turn is answered by 503 and Retry-After instead, with the input
kept on the page: that costs a fraction of a hash. Pages are always shown.
"""

import threading

import structlog
from flask import Flask, Request

from idp.web.application import current_request

LONGEST_WAIT = 5.0
"""Seconds; whoever is refused then still has an answer within ten."""

RETRY_AFTER = 10

log = structlog.get_logger()


class Overloaded(Exception):
    """Too many requests are waiting."""

    retry_after = RETRY_AFTER


class _Turn(threading.local):
    waited = 0.0


_turn = _Turn()


def note_wait(seconds: float) -> None:
    """Remember how long the request waited that this thread answers next."""
    _turn.waited = seconds


def install(app: Flask) -> None:
    """Refuse POSTs that waited too long."""

    def before() -> None:
        refuse_late(current_request())

    app.before_request(before)


def refuse_late(request: Request) -> None:
    """Raise `Overloaded` for a POST that waited too long for this thread."""
    waited, _turn.waited = _turn.waited, 0.0
    if waited > LONGEST_WAIT and request.method == "POST":
        log.warning("overloaded", milliseconds=round(waited * 1000))
        raise Overloaded
