"""Flask without the work for each request that this application never needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import Any, cast

from flask import Flask, Request
from flask.globals import request as proxied
from werkzeug.local import LocalProxy


class InMemoryRequest(Request):
    """A request whose files stay in memory, as long as its body may be: what people send is on no disk in clear."""

    def _get_file_stream(self, *_sizes_and_names: object, **_named: object) -> BytesIO:
        return BytesIO()


class Application(Flask):
    """Skip the check for coroutines at every call: none of our functions is one."""

    request_class = InMemoryRequest

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


_served: ContextVar[Request | None] = ContextVar("served", default=None)
"""The request that is answered without a context of Flask's (`idp.web.lean_lane`)."""


@contextmanager
def serving(request: Request) -> Iterator[None]:
    """Make this the current request of this thread."""
    token = _served.set(request)
    try:
        yield
    finally:
        _served.reset(token)


def current_request() -> Request:
    """Return the request being answered as the object itself.

    Every use of Flask's `request` goes through a context variable, which costs more than most answers:
    code that runs for every request, or hands the request on, asks here once. Endpoints for programs have no other way.
    """
    served = _served.get()
    if served is not None:
        return served
    request: Request = cast(LocalProxy[Request], proxied)._get_current_object()
    return request
