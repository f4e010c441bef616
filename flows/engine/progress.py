"""How a run moves: a step is met, opened again, or everything starts over. Called in the POST's transaction only."""

from collections.abc import Iterable
from datetime import timedelta

from flows.engine.facts import StepFacts, stored
from flows.engine.flow import AnyStep, Flow
from flows.engine.outcomes import Restart
from flows.engine.run import Run
from idp.wording import Text, text

AWAY = text(
    "You were away for a while. For your security, we will ask you some things again. Your answers have been kept."
)


TAKEN_OVER = text(
    "The code was correct. You are now on another device, so we ask again for what you entered before the code."
)


def meet(flow: Flow, run: Run, step: AnyStep, facts: StepFacts) -> Restart | None:
    """Keep the facts of a finished step and continue. A code typed in another browser brings the run there.

    A `Restart` comes from the end of the journey, which could not be reached.
    """
    fresh = stored(facts)
    _refuse_facts_of_others(run, step, fresh, facts.joined)
    run.row.results = {**run.results, step.name: fresh}
    run.row.notice = {}
    taken_over = run.foreign
    if taken_over:
        _rebind(flow, run, step)
    refused = advance(flow, run)
    following = flow.current_step(run)
    if taken_over and following is not None and flow.steps.index(following) < flow.steps.index(step):
        run.say(TAKEN_OVER)
    return refused


def advance(flow: Flow, run: Run) -> Restart | None:
    """Enter the first unmet step, if it was not entered before; without one, complete the run.

    A run that a guard stops enters nothing: no code is sent for a way that is closed.
    """
    step = flow.current_step(run)
    if step is None:
        return _complete(flow, run)
    if step.name != run.row.step and flow.stopped(run) is None:
        run.row.step = step.name
        run.scratch = {}
        step.enter(run)
    return None


def reopen(flow: Flow, run: Run, name: str) -> None:
    """Back: drop the result of this step and of all later ones, and what they left behind."""
    names = [step.name for step in flow.steps]
    later = set(names[names.index(name) :])
    _keep_results(flow, run, {step for step in run.results if step not in later})
    run.row.notice = {}
    _enter_anew(flow, run)


def restart(flow: Flow, run: Run, reason: Text) -> None:
    """Start over, with the reason. Typed texts stay, except secrets."""
    _keep_results(flow, run, set())
    _enter_anew(flow, run)
    run.say(reason)


def extend(run: Run) -> None:
    """Give the browser its full time with this run again."""
    idle = timedelta(seconds=run.provider.settings.pages.run_idle)
    run.row.bound_until = min(run.tx.now + idle, run.row.expires_at)


def pick_up(flow: Flow, run: Run, reason: Text, *, proved_anew: str = "") -> None:
    """Continue after a pause: proofs are asked for again, the rest stays; a renewed journey starts over.

    `proved_anew` names the step whose proof was given just now.
    """
    renewed = run.row.signature != flow.signature
    run.row.signature = flow.signature
    proofs = {step.name for step in flow.steps if step.proof and step.name != proved_anew}
    _keep_results(flow, run, set() if renewed else set(run.results) - proofs)
    _enter_anew(flow, run)
    run.say(reason)


def _rebind(flow: Flow, run: Run, step: AnyStep) -> None:
    """Bind the run to this browser, with only the facts that the typed code proves."""
    covered = {name for name, facts in run.results.items() if facts and step.proves.issuperset(facts)}
    _keep_results(flow, run, {*covered, step.name})
    run.row.kept = {name: typed for name, typed in run.row.kept.items() if name in covered}
    run.row.browser = run.page_request.fingerprint


def _refuse_facts_of_others(run: Run, step: AnyStep, fresh: Iterable[str], joined: frozenset[str]) -> None:
    """Refuse a fact that another step has set: it would survive going back past one of them."""
    others = {fact: name for name, facts in run.results.items() if name != step.name for fact in facts}
    doubled = {fact: others[fact] for fact in fresh if fact in others and fact not in joined}
    if doubled:
        raise ValueError(f"{step.name} sets facts that belong to other steps: {doubled}")


def _keep_results(flow: Flow, run: Run, names: set[str]) -> None:
    dropped = set(run.results) - names
    run.row.results = {name: facts for name, facts in run.results.items() if name in names}
    for step in flow.steps:
        if step.name in dropped:
            step.forget(run)


def _enter_anew(flow: Flow, run: Run) -> None:
    run.row.step = ""
    advance(flow, run)


def _complete(flow: Flow, run: Run) -> Restart | None:
    run.row.step = ""
    run.scratch = {}
    run.row.finished_at = run.tx.now
    return flow.complete(run) if flow.complete is not None else None
