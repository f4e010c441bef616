"""The short path to the endpoints for programs: what every request needs, without what only pages need.

Flask makes two contexts, a session and a URL adapter for each request and walks through lists of hooks, which costs
more than most endpoints. For a GET or POST at one of their fixed addresses this layer calls the view with the request
itself. Any other request (another method, an odd Host header, a body that is no form) takes Flask's path from the
beginning, and Flask's handlers answer every failure, so each refusal is written once.
"""

import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response
from flask.ctx import RequestContext
from werkzeug.routing import Rule

from idp.web import logging, machines, metrics, overload, readable_input
from idp.web.application import serving
from idp.web.fixed_answers import FixedAnswer

METHODS = ("GET", "POST")
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")
BODIES = ("", "application/x-www-form-urlencoded")

View = Callable[[], Response]
AfterRequest = Callable[[Response], Response]


@dataclass(frozen=True)
class Route:
    """One address under one method, and what its blueprint does to every answer."""

    rule: Rule
    after: tuple[AfterRequest, ...]
    fixed: FixedAnswer | None


class LeanLane:
    """WSGI layer just around Flask. `blueprints` are the ones for programs."""

    def __init__(self, app: Flask, flasks_way: WSGIApplication, blueprints: Container[str]) -> None:
        self._app = app
        self._flasks_way = flasks_way
        self._blueprints = blueprints
        self._largest: int = app.config["MAX_CONTENT_LENGTH"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        route = self._routes.get((environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")))
        if route is None or not _is_plain(environ):
            return self._flasks_way(environ, start_response)
        if route.fixed is not None and _is_bare(environ):
            return self._send_fixed(route.rule.rule, route.fixed, environ, start_response)
        request = self._app.request_class(environ)
        request.url_rule, request.view_args = route.rule, {}
        request.max_content_length = self._largest
        with serving(request):
            try:
                response = self._answer(route, request)
            except Exception as error:
                response = self._failure(request, error)
            return _send(response, start_response)

    @cached_property
    def _routes(self) -> dict[tuple[str, str], Route]:
        """Return the routes, read at the first request: blueprints are registered after this layer."""
        return {
            (method, rule.rule): Route(rule, tuple(self._changes(blueprint)), self._fixed(rule, method))
            for rule in self._app.url_map.iter_rules()
            for blueprint in [rule.endpoint.rpartition(".")[0]]
            for method in METHODS
            if blueprint in self._blueprints and method in (rule.methods or ()) and not rule.arguments
            if not self._app.before_request_funcs.get(blueprint)
        }

    def _fixed(self, rule: Rule, method: str) -> FixedAnswer | None:
        """Return the answer of an address if nothing in a request changes it, and no hook of its blueprint."""
        view: object = self._app.view_functions[rule.endpoint]
        is_fixed = method == "GET" and not self._changes(rule.endpoint.rpartition(".")[0])
        return view if isinstance(view, FixedAnswer) and is_fixed else None

    def _changes(self, blueprint: str) -> Sequence[AfterRequest]:
        """Return what the blueprint does to its answers, in Flask's order."""
        return [cast(AfterRequest, change) for change in reversed(self._app.after_request_funcs.get(blueprint, []))]

    def _answer(self, route: Route, request: Request) -> Response:
        logging.begin(request.environ)
        if not _is_bare(request.environ):
            readable_input.look(request, self._largest)
        overload.refuse_late(request)
        response: Response = cast(View, self._app.view_functions[route.rule.endpoint])()
        for change in route.after:
            response = change(response)
        machines.drop_type_of_empty(response)
        _note(request.environ, route.rule.rule, response.status_code)
        return response

    def _send_fixed(
        self, route: str, answer: FixedAnswer, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        logging.begin(environ)
        try:
            body = answer.body()
        except Exception:  # Flask asks once more, and knows how to refuse
            return self._flasks_way(environ, start_response)
        start_response("200 OK", [*answer.headers, ("Content-Length", str(len(body)))])
        _note(environ, route, 200)
        return (body,)

    def _failure(self, request: Request, error: Exception) -> Response:
        """Return what Flask answers, with its hooks: they end the log line, and count."""
        with RequestContext(self._app, request.environ, request):
            try:
                return self._app.finalize_request(self._app.handle_user_exception(error))
            except Exception as fault:  # nobody's handler is for it: a bug
                return self._app.handle_exception(fault)


def _is_plain(environ: WSGIEnvironment) -> bool:
    kind: str = environ.get("CONTENT_TYPE", "")
    return (
        not environ.get("SCRIPT_NAME")
        and kind.partition(";")[0].strip().lower() in BODIES
        and _is_usual_host(environ.get("HTTP_HOST", ""))
    )


def _is_bare(environ: WSGIEnvironment) -> bool:
    """Return whether the request is its address and headers, so that nothing in it has to be read or refused."""
    return not (environ.get("QUERY_STRING") or environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ)


@lru_cache(maxsize=256)
def _is_usual_host(host: str) -> bool:
    return HOST.fullmatch(host) is not None


def _note(environ: WSGIEnvironment, route: str, status: int) -> None:
    metrics.count(environ, route, status)
    logging.end(environ, route, status)


def _send(response: Response, start_response: StartResponse) -> Iterable[bytes]:
    """Write the answer as it is: redirects, ranges and HEAD never come this way."""
    body = response.get_data()
    response.headers.setdefault("Content-Length", str(len(body)))
    start_response(response.status, response.headers.to_wsgi_list())
    return (body,)
