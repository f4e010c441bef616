"""From an answer to HTML. Reads only: everything a template shows comes from the run, its step, and what was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Response

from flows.engine.answers import Answer, FinalPage, MissingRun, PausePage, Redirect, StepPage, Why
from flows.engine.flow import AnyStep, Flow
from flows.engine.outcomes import Page
from flows.engine.page_request import CLIENT_PARAMETER, FUND_PARAMETER, PAGE_FIELD, PageRequest
from flows.engine.run import Run
from idp import interaction, random_values
from idp.clients.client import Client
from idp.provider import Provider
from idp.sessions import session as sessions
from idp.web.error_pages import problem_page
from idp.web.problems import PageLink, Problem
from idp.wording import Text, text

PROBLEMS: Mapping[Why, tuple[int, Problem]] = {
    "unknown": (
        404,
        Problem(
            text("There is nothing to continue here"),
            text("The address may be incomplete, or this was finished long ago. Start again from the portal."),
        ),
    ),
    "expired": (
        410,
        Problem(
            text("The time limit for this has passed"),
            text("We only keep unfinished forms for a few days. Start again from the portal."),
        ),
    ),
    "foreign": (
        403,
        Problem(
            text("This is open in another browser or on another device"),
            text("For your security, you can only continue there. Go back to it, or start again here."),
        ),
    ),
    "other-person": (
        403,
        Problem(
            text("Someone else started this"),
            text("Someone else was signed in here when this was started. Start again with your own account."),
        ),
    ),
    "no-request": (
        400,
        Problem(
            text("Start again from the portal"),
            text("We no longer have the portal’s request. This can happen with bookmarks and very old pages."),
        ),
    ),
    "no-portal": (
        404,
        Problem(
            text("Which portal would you like to go to?"),
            text("This page belongs to a portal, but the address does not say which one."),
        ),
    ),
}


@dataclass(frozen=True)
class RunOfAnybody:
    """The `run` that the template of a shared page is given: nothing but the portal."""

    client: Client
    person_id: str = ""


def missing_run(provider: Provider, page_request: PageRequest, answer: MissingRun, flow: Flow) -> Response:
    """Return the page of a run that cannot be shown, with the way on."""
    status, problem = PROBLEMS[answer.why]
    if flow.begin_again is not None and answer.client is not None:
        asked = {CLIENT_PARAMETER: answer.client.client_id}
        if page_request.fund:
            asked[FUND_PARAMETER] = page_request.fund
        problem = replace(problem, links=[PageLink(flow.begin_again, f"/{flow.name}?{urlencode(asked)}")])
    return problem_page(provider, page_request.theme(answer.client, (), page_request.fund), problem, status)


def response(flow: Flow, run: Run, answer: Answer) -> Response:
    """Return the response to a request about this run.

    A transaction (reading) must be open: steps look while they show.
    """
    match answer:
        case Redirect():
            return redirect(answer)
        case MissingRun():
            return missing_run(run.provider, run.page_request, answer, flow)
        case FinalPage():
            return _page(flow, run, answer.page, flow.last_stage)
        case PausePage():
            return _page(flow, run, Page("steps/pause.html", {"reason": answer.reason}), None)
        case StepPage():
            return _current(flow, run, answer)


def redirect(answer: Redirect) -> Response:
    """Return a 303 response, with everything that belongs to it (a session cookie)."""
    response = Response(status=303, headers={"Location": answer.url})
    for complete in answer.on_response:
        complete(response)
    return response


def _current(flow: Flow, run: Run, show: StepPage) -> Response:
    step = flow.current_step(run)
    if step is None:
        raise LookupError("a page was asked for and no step is open")
    own = step.page(run)
    drawn = step.drawn(own) if _is_untouched(run, show) and run.provider.pages.may_share(run.theme) else None
    if drawn is not None:
        return _shared(flow, run, step, own, drawn)
    fits = show.step in {"", step.name}
    known = run.row.kept.get(step.name, {})
    values = {
        "step": step.name,
        "typed": show.typed if fits and show.step else known,
        "errors": show.errors if fits else {},
        "notice": show.notice or run.notice,
        "back": _before(flow, run, step),
        "goes_on": bool(run.results),
        **own,
    }
    page = Page(_template(step), values, show.status if fits else 200)
    return _page(flow, run, page, step.stage)


def _is_untouched(run: Run, show: StepPage) -> bool:
    """Return whether the page begins a journey of a browser that is not signed in here, and has nothing to say yet."""
    known = run.stored or run.page_request.form or run.page_request.session_token(run.client.sso_group)
    return not known and not run.results and show == StepPage()


def _shared(flow: Flow, run: Run, step: AnyStep, own: Mapping[str, object], drawn: Mapping[str, str]) -> Response:
    """Return the first page of a journey, which all visitors of a portal share."""

    def values(marks: Mapping[str, str]) -> Mapping[str, object]:
        begins = {"step": step.name, "goes_on": False, "run": RunOfAnybody(run.client)}
        return {**_frame(flow, run, step.stage), **own, **begins, **marks}

    drawn = {**drawn, "page_id": random_values.token(16)}
    key = tuple(str(value) for name, value in own.items() if name not in drawn)
    return run.provider.pages.render_shared(run.theme, _template(step), drawn, values, key, _ends_at(run))


def _template(step: AnyStep) -> str:
    return f"steps/{step.template or step.name}.html"


def _page(flow: Flow, run: Run, page: Page, stage: Text | None) -> Response:
    values = {**_frame(flow, run, stage), **page.values}
    return run.provider.pages.render(run.theme, page.template, values, page.status, _ends_at(run))


def _frame(flow: Flow, run: Run, stage: Text | None) -> dict[str, object]:
    """Return the values that all pages of a journey share."""
    stages = flow.stages
    return {
        "run": run,
        "step": "",
        "page_id": run.page_request.form.get(PAGE_FIELD) or random_values.token(16),
        "notice": run.notice,
        "back": "",
        "stages": [run.theme.translator(each) for each in stages],
        "stage": stages.index(stage) if stage is not None else None,
        "met": [stages.index(each) for each in stages if flow.has_met(run, each)],
        "time_limit": _time_limit(run),
        "sign_out": interaction.sign_out_url(run.client.client_id) if flow.requires is not None else "",
        "person_name": _person_name(run) if flow.requires is not None else "",
    }


def _person_name(run: Run) -> str:
    return sessions.owner_name(run.tx, run.session) if run.session is not None else ""


def _before(flow: Flow, run: Run, step: AnyStep) -> str:
    """Return the step that Back opens again: the last met one before this; empty where there is none to go back to."""
    names = [each.name for each in flow.steps]
    met = [name for name in names[: names.index(step.name)] if name in run.results]
    return met[-1] if met and not run.foreign else ""


def _time_limit(run: Run) -> Mapping[str, object] | None:
    """Return until when the page can be sent, and the address that extends the time (WCAG 2.2.1)."""
    if not run.stored or run.row.finished_at is not None or run.foreign:
        return None
    until = run.row.bound_until
    return {"seconds": int((until - run.tx.now).total_seconds()), "until": until, "extend": run.address + "/extend"}


def _ends_at(run: Run) -> Sequence[str]:
    """Return where a POST of this page may lead in the end (CSP `form-action`)."""
    waiting = run.pending.redirect_uri if run.pending is not None else ""
    return [address for address in (waiting, run.client.home) if address]
