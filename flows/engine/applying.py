"""From the outcome of a step to the run's row and the answer. Always inside the POST's transaction."""

from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from flows.engine import progress, runs
from flows.engine.answers import Answer, Redirect
from flows.engine.flow import Flow
from flows.engine.intent import Change, Intent, Resumption, SignInDetour
from flows.engine.outcomes import (
    FORM,
    Done,
    EndAddress,
    ExternalRedirect,
    GoBack,
    HandOver,
    Outcome,
    Restart,
    Retry,
    Stay,
    WrongProof,
)
from flows.engine.run import Run
from idp.audit import log
from idp.runs import FlowRun
from idp.wording import text

AT_THE_SAME_MOMENT = text("Someone else changed this at the same time. Check it and try again.")

Undoing = Retry | Restart


class _Undo(Exception):
    """Carries the outcome out of the savepoint that it rolls back."""

    def __init__(self, outcome: Undoing) -> None:
        self.outcome = outcome


def carry_out(flows: Mapping[str, Flow], intent: Intent, run: Run, change: Change) -> Answer:
    """Let the step change what it changes; keep it or undo it as its outcome says."""
    try:
        with run.tx.savepoint():
            with run.tx.holding_back(FlowRun):
                outcome = _judged(intent, run, change(run))
                if isinstance(outcome, Undoing) and not isinstance(outcome, WrongProof):
                    raise _Undo(outcome)
                answer = _apply(flows, intent, run, outcome)
            run.settlement.write(run.tx)
            return answer
    except _Undo as undone:
        return _refuse(intent, run, undone.outcome)
    except IntegrityError:
        return intent.same_page(Retry({FORM: AT_THE_SAME_MOMENT}, status=409))


def _judged(
    intent: Intent, run: Run, outcome: Outcome | Resumption | SignInDetour
) -> Outcome | Resumption | SignInDetour:
    """Answer a wrong secret after an exhausted limit with the time to wait. None of its counts and events is kept."""
    if intent.exhausted is None or not isinstance(outcome, WrongProof):
        return outcome
    debit, retry_at = intent.exhausted.debit, intent.exhausted.retry_at
    return intent.step.too_often(run, intent.form, run.tx, debit, retry_at)


def _refuse(intent: Intent, run: Run, outcome: Undoing) -> Answer:
    """After the step's writes are undone."""
    if isinstance(outcome, Retry):
        return intent.same_page(outcome)
    if outcome.record is not None:
        log.record(run.tx, outcome.record)
    progress.restart(intent.flow, run, outcome.reason)
    return Redirect(run.address)


def _apply(flows: Mapping[str, Flow], intent: Intent, run: Run, outcome: Outcome | Resumption | SignInDetour) -> Answer:
    if isinstance(outcome, Retry | Restart):
        return _refuse(intent, run, outcome)
    _keep_open(intent, run)
    match outcome:
        case Done():
            _refund(intent, run)
            refused = progress.meet(intent.flow, run, intent.step, outcome.facts)
            if refused is not None:
                raise _Undo(refused)
        case Stay():
            run.row.notice = {}
            if outcome.notice is not None:
                run.say(outcome.notice)
        case GoBack():
            progress.reopen(intent.flow, run, outcome.step)
        case Resumption():
            progress.pick_up(intent.flow, run, outcome.reason)
        case SignInDetour() | ExternalRedirect():
            return Redirect(outcome.url)
        case HandOver():
            _refund(intent, run)
            return Redirect(_hand_over(flows[outcome.flow], run, outcome))
    return next_page(intent.flow, run)


def _keep_open(intent: Intent, run: Run) -> None:
    """Give the browser its full time again, and keep what was typed."""
    progress.extend(run)
    run.row.kept = {**run.row.kept, intent.step.name: dict(intent.kept)}


def _refund(intent: Intent, run: Run) -> None:
    run.settlement.refunds += [debit.hit for debit in intent.debits if debit.refunded]


def _hand_over(flow: Flow, run: Run, outcome: HandOver) -> str:
    """Return the address of the other journey. An interrupted run in this browser continues if it proved the same."""
    successor = runs.interrupted(run, flow, outcome.facts)
    if successor is not None:
        _go_on(flow, successor)
    else:
        successor = runs.handed_over(run, flow, outcome.facts)
        successor.settlement = run.settlement
        if flow.begin is not None:
            flow.begin(successor)
        progress.advance(flow, successor)
    run.row.finished_at = run.tx.now
    run.row.continued_at = successor.address
    return successor.address


def _go_on(flow: Flow, run: Run) -> None:
    """Continue an interrupted run. After too long a pause it keeps only its first proof, which was given just now."""
    if run.row.bound_until <= run.tx.now:
        progress.pick_up(flow, run, progress.AWAY, proved_anew=flow.steps[0].name)
    progress.extend(run)


def next_page(flow: Flow, run: Run) -> Redirect:
    """Return the address of the next page; at the end of the journey, that of its destination."""
    ending = flow.finish(run) if run.row.finished_at is not None else None
    return Redirect(ending.url if isinstance(ending, EndAddress) else run.address, tuple(run.on_response))
