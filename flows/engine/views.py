"""The addresses of every journey: `/<flow>` until its first POST made a run, `/<flow>/<run>` from then on."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from flows.engine import page_request, rendering
from flows.engine.answers import Answer, MissingRun, Redirect, StepPage
from flows.engine.flow import Flow
from flows.engine.page_request import PageRequest
from flows.engine.runner import Runner
from idp.provider import Provider
from idp.web.application import current_request


def journeys(*flows: Flow) -> Callable[[Provider], Blueprint]:
    """Return the entry of `flows.ALL`: a function of the provider that makes the blueprint of these journeys."""

    def blueprint(provider: Provider) -> Blueprint:
        pages = Blueprint("journeys", __name__)
        runner = Runner(provider, flows)
        for flow in flows:
            _serve(pages, runner, flow)
        return pages

    return blueprint


def _serve(pages: Blueprint, runner: Runner, flow: Flow) -> None:
    def page(run_id: str = "") -> Response:
        return _post(runner, flow, run_id) if request.method == "POST" else _get(runner, flow, run_id)

    def extend(run_id: str) -> Response:
        """Called by the script of the time-limit dialog; without script a button of the form does the same."""
        runner.extend(flow, page_request.read(runner.provider, current_request()), run_id)
        return Response(status=204)

    pages.add_url_rule(f"/{flow.name}", flow.name, page, methods=["GET", "POST"])
    pages.add_url_rule(f"/{flow.name}/<run_id>", f"{flow.name}-run", page, methods=["GET", "POST"])
    pages.add_url_rule(f"/{flow.name}/<run_id>/extend", f"{flow.name}-extend", extend, methods=["POST"])


def _get(runner: Runner, flow: Flow, run_id: str) -> Response:
    """Answer a GET: show the page, change nothing."""
    return _shown(runner, flow, page_request.read(runner.provider, current_request()), run_id)


def _post(runner: Runner, flow: Flow, run_id: str) -> Response:
    """Carry out a POST, and answer with a redirect or with the same page and its errors."""
    seen = page_request.read(runner.provider, current_request())
    answer = runner.post(flow, seen, run_id)
    return rendering.redirect(answer) if isinstance(answer, Redirect) else _shown(runner, flow, seen, run_id, answer)


def _shown(runner: Runner, flow: Flow, seen: PageRequest, run_id: str, answer: Answer | None = None) -> Response:
    """Return the page that the run is at; to a step's page, the `answer` to a POST adds its part."""
    with runner.provider.database.reading() as tx:
        found = answer if isinstance(answer, MissingRun) else runner.get(tx, flow, seen, run_id)
        if isinstance(found, MissingRun):
            return rendering.missing_run(runner.provider, seen, found, flow)
        run, current = found
        adds = answer is not None and (isinstance(current, StepPage) or not isinstance(answer, StepPage))
        return rendering.response(flow, run, answer if answer is not None and adds else current)
