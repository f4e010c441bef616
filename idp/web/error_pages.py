"""Error pages: every refusal that reaches a person says calmly what happened, why, and what to do next.

- Machine endpoints (by blueprint), and programs that do not ask for HTML at an unknown address, get JSON instead.
- The input of the form that failed is kept for one more try, without secrets (X-04, X-27).
- If that page cannot be rendered either, a last one of plain text replaces it.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from idp.database import DatabaseUnavailable
from idp.imports.directory_call import DirectoryUnavailable
from idp.outbound.client import OutboundBusy
from idp.provider import Provider
from idp.web import branding, kept_input, machines, problems, refusals, request_ids
from idp.web.branding import Theme
from idp.web.csrf import CsrfFailed
from idp.web.overload import Overloaded
from idp.web.problems import PageLink, Problem
from idp.wording import text

RETRY_AFTER_SECONDS = 5
JSON_CODES = {429: "slow_down", 500: "server_error", 503: "temporarily_unavailable"}
LAST_RESORT = "<!doctype html><html lang=en><title>Error</title><p>Something went wrong. Please try again. ({})</p>"

log = structlog.get_logger()


@dataclass(frozen=True)
class Refusal:
    """The response that replaces the view's own. `again` is the typed input that may be sent once more."""

    status: int
    problem: Problem
    headers: Sequence[tuple[str, str]] = ()
    again: Sequence[tuple[str, str]] | None = None


def problem_page(provider: Provider, theme: Theme, problem: Problem, status: int) -> Response:
    """Return the page of a problem, in this theme.

    Without a link it offers the portal's own address, otherwise the portals.
    """
    links = [*problem.links, *home_links(provider, theme)][: max(1, len(problem.links))]
    return provider.pages.page(theme, "pages/problem.html", status, problem=problem, links=links, again=None)


def home_links(provider: Provider, theme: Theme) -> list[PageLink]:
    """Return the links for a person who cannot continue: to the portal, to start again, or to the list of portals."""
    client = theme.client
    if client is None or not client.home:
        return [PageLink(text("To the list of portals"), "/")]
    return [PageLink(text("Go to %(portal)s", portal=theme.portal), problems.fresh_sign_in(provider, client))]


def install(app: Flask, provider: Provider, *, machine: Container[str]) -> None:
    """Answer every HTTP error, CSRF failure, outage of others, and bug; JSON for `machine`."""

    def answer(refusal: Refusal) -> Response:
        response = _as_json(refusal) if machines.asks(app, request, machine) else _as_page(provider, refusal)
        response.headers.extend(refusal.headers)
        return response

    def on_http_error(error: HTTPException) -> Response | HTTPException:
        if error.response is not None or error.code is None or error.code < 400:
            return error
        _log(provider, error)
        headers = [(name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}]
        return answer(Refusal(error.code, problems.of_status(provider, error), headers))

    def on_csrf_failure(failed: CsrfFailed) -> Response:
        _log(provider, failed)
        return answer(Refusal(403, problems.FORM_NOT_OURS, again=_input_of_ours()))

    def on_unavailable(error: DatabaseUnavailable) -> Response:
        log.warning("database_unavailable", reason=str(error))
        return later(RETRY_AFTER_SECONDS)

    def on_directory_unavailable(error: DirectoryUnavailable) -> Response:
        log.warning("legacy_directory_unavailable", reason=str(error.__cause__ or error))
        return later(error.retry_after)

    def on_busy(error: OutboundBusy | Overloaded) -> Response:
        return later(error.retry_after)

    def later(seconds: int) -> Response:
        again = kept_input.kept_fields(request) if request.method == "POST" else None
        return answer(Refusal(503, problems.UNAVAILABLE, [("Retry-After", str(seconds))], again))

    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(CsrfFailed, on_csrf_failure)
    app.register_error_handler(DatabaseUnavailable, on_unavailable)
    app.register_error_handler(DirectoryUnavailable, on_directory_unavailable)
    app.register_error_handler(OutboundBusy, on_busy)
    app.register_error_handler(Overloaded, on_busy)


def _log(provider: Provider, refused: Exception) -> None:
    """Log a foreign or oversized form. Other refusals are ordinary answers."""
    if isinstance(refused, CsrfFailed):
        client = branding.theme(provider, request).client
        refusals.record(refusals.CSRF, reason=str(refused), client_id=client.client_id if client is not None else "")
    if isinstance(refused, RequestEntityTooLarge):
        refusals.record(refusals.SIZE)


def _input_of_ours() -> Sequence[tuple[str, str]] | None:
    """Return the typed input if the form came from one of our own pages, as the browser reports."""
    return kept_input.kept_fields(request) if request.headers.get("Sec-Fetch-Site") == "same-origin" else None


def _as_json(refusal: Refusal) -> Response:
    description = refusal.problem.reason.msgid if refusal.status < 500 else ""
    body = {"error": refusal.problem.code or JSON_CODES.get(refusal.status, "invalid_request")}
    response = jsonify({**body, "error_description": description} if description else body)
    response.status_code = refusal.status
    return response


def _as_page(provider: Provider, refusal: Refusal) -> Response:
    try:
        theme = branding.theme(provider, request)
        if refusal.again is None:
            return problem_page(provider, theme, refusal.problem, refusal.status)
        template = "pages/problem.html"
        return provider.pages.page(
            theme, template, refusal.status, problem=refusal.problem, links=(), again=refusal.again
        )
    except Exception:
        log.exception("error_page_failed")
        body = LAST_RESORT.format(request_ids.request_id(request))
        return Response(body, InternalServerError.code, mimetype="text/html")
