"""The addresses of every journey: `/<flow>` until its first POST made a run, `/<flow>/<run>` from then on."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from flows.engine import rendering, visit
from flows.engine.answers import Go, Lost
from flows.engine.flow import Flow
from flows.engine.runner import Runner
from idp.provider import Provider


def journeys(*flows: Flow) -> Callable[[Provider], Blueprint]:
    """What `flows.ALL` holds: given the provider, the blueprint that serves these journeys."""

    def blueprint(provider: Provider) -> Blueprint:
        pages = Blueprint("journeys", __name__)
        runner = Runner(provider, flows)
        for flow in flows:
            _serve(pages, runner, flow)
        return pages

    return blueprint


def _serve(pages: Blueprint, runner: Runner, flow: Flow) -> None:
    def page(run_id: str = "") -> Response:
        return post(runner, flow, run_id) if request.method == "POST" else look(runner, flow, run_id)

    def extend(run_id: str) -> Response:
        """Called by the script of the time-limit dialog; without script a button of the form does the same."""
        runner.extend(flow, visit.read(runner.provider, request), run_id)
        return Response(status=204)

    pages.add_url_rule(f"/{flow.name}", flow.name, page, methods=["GET", "POST"])
    pages.add_url_rule(f"/{flow.name}/<run_id>", f"{flow.name}-run", page, methods=["GET", "POST"])
    pages.add_url_rule(f"/{flow.name}/<run_id>/extend", f"{flow.name}-extend", extend, methods=["POST"])


def look(runner: Runner, flow: Flow, run_id: str) -> Response:
    """A GET: shows, changes nothing."""
    seen = visit.read(runner.provider, request)
    with runner.provider.database.reading() as tx:
        found = runner.look(tx, flow, seen, run_id)
        if isinstance(found, Lost):
            return rendering.lost(runner.provider, seen, found)
        run, answer = found
        return rendering.answered(flow, run, answer)


def post(runner: Runner, flow: Flow, run_id: str) -> Response:
    """A POST: carried out, then answered by a redirect, or by the same page with errors."""
    seen = visit.read(runner.provider, request)
    answer = runner.post(flow, seen, run_id)
    if isinstance(answer, Go):
        return rendering.go(answer)
    with runner.provider.database.reading() as tx:
        found = answer if isinstance(answer, Lost) else runner.found(tx, flow, seen, run_id)
        if isinstance(found, Lost):
            return rendering.lost(runner.provider, seen, found)
        return rendering.answered(flow, found, answer)
