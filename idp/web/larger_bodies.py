"""Addresses that take larger bodies than all others (uploads), each from those only whom its check lets in.

The check runs before the body is read: whoever may not upload is refused by the announced length, as everywhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from wsgiref.types import WSGIEnvironment

from flask import Request
from flask.sansio.app import App

EXTENSION = "larger_bodies"

Check = Callable[[Request], bool]
"""Returns whether this request comes from somebody who may send so much."""


@dataclass(frozen=True)
class LargerBodies:
    """The `usual` limit in bytes, and the exceptions by path."""

    usual: int
    exceptions: dict[str, tuple[int, Check]] = field(default_factory=dict)

    def allow(self, path: str, largest: int, check: Check) -> None:
        """Let POSTs to this path have bodies of so many bytes, from those whom the check lets in."""
        self.exceptions[path] = (largest, check)

    def of(self, request: Request) -> int:
        """Return the limit for this request. A body in chunks, whose length nobody knows, has the usual one."""
        largest, check = self.exceptions.get(request.path, (0, _nobody))
        announced = request.content_length or 0
        return largest if self.usual < announced <= largest and check(request) else self.usual

    def of_environ(self, environ: WSGIEnvironment) -> int:
        """Return the limit for a request that no application has seen yet."""
        return self.of(Request(environ)) if environ.get("PATH_INFO") in self.exceptions else self.usual


def of_application(app: App) -> LargerBodies:
    """Return the limits of this application."""
    found: LargerBodies = app.extensions[EXTENSION]
    return found


def _nobody(_request: Request) -> bool:
    return False
