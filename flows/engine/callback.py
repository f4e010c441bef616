"""The one address to which a foreign site sends a browser back: `/callback?state=…`.

A GET changes nothing (law 5), so it shows a page whose form sends the answer on to the run, by script or by its button.
The step that left (`ExternalRedirect`) reads the answer's parameters as its form.
"""

from flask import Blueprint, Response

from flows.engine import page_request
from flows.engine.page_request import STEP_FIELD
from flows.engine.run import Run
from idp.provider import Provider
from idp.sealing import CannotOpen, Sealer
from idp.web.application import current_request
from idp.web.error_pages import problem_page
from idp.web.problems import Problem
from idp.wording import text

ADDRESS = "/callback"
PURPOSE = "callback"
STATE = "state"
RESERVED = frozenset({STATE, STEP_FIELD, page_request.ACTION_FIELD, page_request.PAGE_FIELD})

UNKNOWN = Problem(
    text("There is nothing to continue here"),
    text("The address may be incomplete, or this was finished long ago. Start again from the portal."),
)


def state(run: Run) -> str:
    """Return the `state` for the foreign address: the run and its current step, sealed."""
    return run.provider.sealer.seal(PURPOSE, f"{run.address} {run.row.step}".encode())


def blueprint(provider: Provider) -> Blueprint:
    pages = Blueprint("callback", __name__)

    @pages.get(ADDRESS)
    def callback() -> Response:
        request = current_request()
        theme = page_request.read(provider, request).theme(None, (), "")
        path, step = _opened(provider.sealer, request.args.get(STATE, ""))
        if not path:
            return problem_page(provider, theme, UNKNOWN, 404)
        answer = {name: value for name, value in request.args.items() if name not in RESERVED}
        return provider.pages.page(theme, "pages/callback.html", address=path, step=step, parameters=answer)

    return pages


def _opened(sealer: Sealer, sealed: str) -> tuple[str, str]:
    try:
        path, _, step = sealer.open(PURPOSE, sealed).decode().partition(" ")
    except CannotOpen:
        return "", ""
    return path, step
