"""Flask, spared what it does for every request and this application never needs."""

from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Request
from flask.globals import request as proxied
from werkzeug.local import LocalProxy


class Application(Flask):
    """Skip the check for coroutines at every call: none of our functions is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def current_request() -> Request:
    """Return the request being answered as the object itself.

    Every use of Flask's `request` goes through a context variable, which costs more than most answers:
    code that runs for every request, or hands the request on, asks here once.
    """
    request: Request = cast(LocalProxy[Request], proxied)._get_current_object()
    return request
