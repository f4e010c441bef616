"""A trace for each request, named by its route once that is known."""

from collections.abc import Iterable
from typing import cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from idp.tracing.tracer import Attributes, OpenSpan, Tracer
from idp.web.request_ids import KEY as REQUEST_ID

KEY = "idp.span"


class TracedRequests:
    """WSGI layer within the one that gives requests their ids. A trace that the caller speaks of is not continued."""

    def __init__(self, application: WSGIApplication, tracer: Tracer) -> None:
        self._application = application
        self._tracer = tracer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._tracer.span("request", "server", {"vestibule.request": environ.get(REQUEST_ID, "")}) as span:
            environ[KEY] = span
            return self._application(environ, start_response)


def describe(environ: WSGIEnvironment, method: str, route: str, status: int) -> None:
    """Name the span of a request that is answered, where there is one."""
    span = cast("OpenSpan | None", environ.get(KEY))
    if span is not None:
        attributes: Attributes = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        span.describe(f"{method} {route}", attributes)
