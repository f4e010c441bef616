"""The one place that carries a journey through a request.

- A GET looks and shows: it makes no run and changes nothing.
- A POST has three phases: debit the limits (own short commit) → `prepare` (no transaction) → `submit` (one transaction
  with the row locked, inside a savepoint that `Retry` and `Restart` roll back). An outage gives debits back.
- A POST to any step but the current one shows the current one; the same POST a second time shows what the first did.
- A run belongs to one browser. Another one may only type the code of a step that `proves` something; it then gets
  the run, with what that code covers.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from flows.engine import applying, forms, progress, runs, signed_in
from flows.engine.answers import Answer, FinalPage, MissingRun, PausePage, Redirect, StepPage
from flows.engine.flow import AnyStep, Debit, Flow, Step
from flows.engine.intent import Change, ExhaustedCount, Intent, Resumption, SignInDetour
from flows.engine.outcomes import Ending, GoBack, Page, Retry, Stay
from flows.engine.page_request import PageRequest
from flows.engine.run import Run
from idp.database import DatabaseUnavailable, Origin, Transaction
from idp.limits import rate_limit
from idp.outages import Unavailable
from idp.provider import Provider
from idp.wording import Text, text

BACK = "back:"
EXTEND = "extend"
RUNS = "runs"

CHANGED = text("This page was updated while you were away. Start again. Your answers have been kept.")
MOVED_ON = text("You had already got further. You are now at this step.")
WENT_BACK = text("You went back to an earlier step in the meantime. Continue from here.")


class _TooManyRuns(Exception):
    """Rolls back what the POST did."""

    def __init__(self, debit: Debit, retry_at: datetime) -> None:
        self.debit = debit
        self.retry_at = retry_at


class Runner:
    """Answers the requests to the journeys it knows. Holds nothing of a run between requests."""

    def __init__(self, provider: Provider, flows: Sequence[Flow]) -> None:
        self.provider = provider
        self.flows = {flow.name: flow for flow in flows}

    def get(
        self, tx: Transaction, flow: Flow, page_request: PageRequest, run_id: str
    ) -> tuple[Run, Answer] | MissingRun:
        """Return the answer to a GET, with its run."""
        run = self._find(tx, flow, page_request, run_id)
        if isinstance(run, MissingRun):
            return run
        detour = signed_in.detour(run, flow.requires, page_request.path)
        return run, Redirect(detour) if detour else self._current_answer(flow, run)

    def post(self, flow: Flow, page_request: PageRequest, run_id: str) -> Answer:
        """Carry out a POST, phase by phase."""
        with self.provider.database.reading() as tx:
            intent = self._intent(tx, flow, page_request, run_id)
            if not isinstance(intent, Intent):
                return intent
            origin = intent.run.origin
        intent.run.at(None)
        debited = self._debit(intent, origin)
        if isinstance(debited, StepPage):
            return debited
        try:
            return self._prepare_and_submit(debited, origin)
        except Unavailable:
            self._give_back(debited, origin)
            raise

    def extend(self, flow: Flow, page_request: PageRequest, run_id: str) -> None:
        """Give the browser more time with this page; nothing happens when its time is over already."""
        with self.provider.database.transaction(page_request.origin) as tx:
            run = runs.find(self.provider, flow, tx, page_request, run_id, lock=True)
            if isinstance(run, Run) and isinstance(self._current_answer(flow, run), StepPage) and not run.foreign:
                progress.extend(run)

    # Phase 0: reading

    def _find(self, tx: Transaction, flow: Flow, page_request: PageRequest, run_id: str) -> Run | MissingRun:
        """Return the run of an address; without an id a fresh one that is stored nowhere."""
        if run_id:
            return runs.find(self.provider, flow, tx, page_request, run_id)
        return runs.fresh(self.provider, flow, tx, page_request)

    def _current_answer(self, flow: Flow, run: Run) -> Answer:
        """Return the page that the run is at."""
        if run.row.continued_at:
            return Redirect(run.row.continued_at)
        if run.row.finished_at is not None:
            return _end(flow, run)
        pause = _pause(flow, run)
        if pause is not None:
            return pause
        ending = flow.stopped(run)
        if ending is not None:
            return _answer(ending)
        return StepPage() if flow.current_step(run) is not None else _end(flow, run)

    def _intent(self, tx: Transaction, flow: Flow, page_request: PageRequest, run_id: str) -> Intent | Answer:
        """Return the intent of this POST, or the answer if it changes nothing."""
        run = self._find(tx, flow, page_request, run_id)
        if isinstance(run, MissingRun):
            return run
        current, step = self._current_answer(flow, run), _step(flow, run)
        if flow.again is not None and run.row.finished_at is not None and _is_repeated(run):
            return Intent(flow, run, step, {}, {}, begun_with="")
        if not isinstance(current, StepPage) and page_request.asks_for_language:
            return current
        if not isinstance(current, StepPage | PausePage):
            return Redirect(run.address) if isinstance(current, FinalPage) and run.stored else current
        form = step.form_of(run)
        typed, kept = forms.shown_again(form, page_request.form), forms.kept(form, page_request.form)
        digest = runs.begun_with(self.provider, flow, page_request, kept)
        twin = "" if run.stored else runs.begun(tx, flow, digest)
        if twin:
            return Redirect(f"/{flow.name}/{twin}")
        if page_request.asks_for_language:
            return StepPage(step.name, typed)
        intent = Intent(flow, run, step, typed, kept, begun_with=digest)
        if isinstance(current, PausePage):
            return intent.with_change(lambda _run: Resumption(current.reason))
        if page_request.step != step.name:
            return StepPage(notice=_explanation(flow, run))
        return self._intent_at_step(intent, signed_in.detour(run, flow.requires, run.address))

    def _intent_at_step(self, intent: Intent, detour: str) -> Intent | Answer:
        flow, run, step, action = intent.flow, intent.run, intent.step, intent.run.page_request.action
        if detour:
            return intent.with_change(_leaving(detour))
        if flow.requires is not None and not run.stored:
            run.row.person_id = run.person_id
        if action == EXTEND:  # a page that nothing was done on yet has nothing to keep open
            return intent.with_change(lambda _run: Stay()) if run.stored else StepPage(intent.step.name, intent.typed)
        if action.removeprefix(BACK) in run.results and action.startswith(BACK) and not run.foreign:
            return intent.with_change(lambda _run: GoBack(action.removeprefix(BACK)))
        if action in step.actions:
            debits = step.limits_of_action(run, action)
            return intent.with_change(lambda run: step.act(run, action), debits)
        parsed = forms.parse(step.form_of(run), run.page_request.form, run)
        if parsed.form is None:
            return intent.same_page(Retry(parsed.errors))
        return intent.with_form(parsed.form)

    # Phase 1: debits

    def _debit(self, intent: Intent, origin: Origin) -> Intent | StepPage:
        """Count every debit in one short commit; the first that is refused ends the POST, if it may stop one."""
        if not intent.debits:
            return intent
        counted, exhausted = [], None
        with self.provider.database.transaction(origin) as tx:
            verdicts = self.provider.limiter.debit_in_turn(tx, [debit.hit for debit in intent.debits])
            for debit, verdict in zip(intent.debits, verdicts, strict=False):
                if isinstance(verdict, rate_limit.Allowance):
                    counted.append(debit)
                elif debit.stops:
                    return intent.same_page(intent.step.too_often(intent.run, intent.form, tx, debit, verdict.retry_at))
                else:
                    exhausted = ExhaustedCount(debit, verdict.retry_at)
        return replace(intent, debits=tuple(counted), exhausted=exhausted)

    def _give_back(self, intent: Intent, origin: Origin) -> None:
        """Give the debits back after an outage: its page says nothing about the typed secret.

        Without a database the count stays.
        """
        if not intent.debits:
            return
        with suppress(DatabaseUnavailable), self.provider.database.transaction(origin) as tx:
            rate_limit.refund_all(tx, [debit.hit for debit in intent.debits])

    # Phases 2 and 3: slow work, then the transaction

    def _prepare_and_submit(self, intent: Intent, origin: Origin) -> Answer:
        change = intent.prepare(intent.run)
        if isinstance(change, Retry):
            return intent.same_page(change)
        try:
            with self.provider.database.transaction(origin) as tx:
                return self._carry_out(tx, intent, change)
        except _TooManyRuns as refused:
            with self.provider.database.transaction(origin) as tx:
                return intent.same_page(
                    Step.too_often(intent.step, intent.run, None, tx, refused.debit, refused.retry_at)
                )

    def _carry_out(self, tx: Transaction, intent: Intent, change: Change) -> Answer:
        flow, fresh = intent.flow, not intent.run.stored
        run = self._locked(tx, intent)
        if not isinstance(run, Run):
            return run
        if run.row.finished_at is not None:
            return _ended(flow, run)
        if _step(flow, run).name != intent.step.name:
            return StepPage(notice=_explanation(flow, run))
        detour = signed_in.detour(run, flow.requires, run.address)
        if detour:  # the session ended since the reading phase
            change = _leaving(detour)
        elif _pause(flow, run) is None and (stopped := flow.stopped(run)) is not None:
            return _stop(run, stopped, fresh=fresh)
        elif flow.requires is not None:
            run.row.person_id = run.person_id
        answer = applying.carry_out(self.flows, intent, run, change)
        if fresh and not isinstance(answer, Redirect):
            tx.session.delete(run.row)
        elif fresh and not run.person_id:
            self._count(tx, run)
        return answer

    def _count(self, tx: Transaction, run: Run) -> None:
        """Count a new run of an unknown person, in the transaction that stores it: a network may have so many."""
        debit = Debit(RUNS, network=run.page_request.origin.address)
        verdict = self.provider.limiter.debit_in_turn(tx, [debit.hit])[0]
        if isinstance(verdict, rate_limit.LimitHit):
            raise _TooManyRuns(debit, verdict.retry_at)

    def _locked(self, tx: Transaction, intent: Intent) -> Run | Answer:
        """Return the run, locked; a fresh one is stored first, or the address of its twin returned."""
        flow, run = intent.flow, intent.run
        if run.stored:
            return runs.find(self.provider, flow, tx, run.page_request, run.id, lock=True)
        run.row.begun_with = intent.begun_with
        if not runs.insert(tx, run):
            return Redirect(f"/{flow.name}/{runs.begun(tx, flow, intent.begun_with)}")
        run.at(tx)
        return run


def _step(flow: Flow, run: Run) -> AnyStep:
    """Return the current step; of a renewed journey with nothing left to do the first, where it starts over."""
    return flow.current_step(run) or flow.steps[0]


def _leaving(url: str) -> Change:
    return lambda _run: SignInDetour(url)


def _pause(flow: Flow, run: Run) -> PausePage | None:
    """Return the page to show if the run continues only after a button."""
    if run.row.signature != flow.signature:
        return PausePage(CHANGED)
    return PausePage(progress.AWAY) if run.row.bound_until <= run.tx.now and not run.foreign else None


def _stop(run: Run, ending: Ending, *, fresh: bool) -> Answer:
    """Answer a POST that a guard stopped: nothing is done. A stored run computes the page again at its address."""
    if not fresh:
        return Redirect(run.address)
    run.tx.session.delete(run.row)
    return _answer(ending)


def _answer(ending: Ending) -> Answer:
    return FinalPage(ending) if isinstance(ending, Page) else Redirect(ending.url)


def _end(flow: Flow, run: Run) -> Answer:
    return _answer(flow.finish(run))


def _ended(flow: Flow, run: Run) -> Answer:
    """Answer a POST to a finished run: nothing is done again, but a lost answer may be given once more."""
    if flow.again is not None and _is_repeated(run) and not run.foreign:
        flow.again(run)
    return applying.next_page(flow, run)


def _explanation(flow: Flow, run: Run) -> Text | None:
    """Return the explanation for a page that is not the current one: it was left behind, or dropped by going back."""
    if _is_repeated(run):
        return None
    names = [step.name for step in flow.steps]
    posted = run.page_request.step
    if posted in names and names.index(posted) > names.index(_step(flow, run).name):
        return WENT_BACK
    return MOVED_ON if posted in run.results else None


def _is_repeated(run: Run) -> bool:
    """Return whether this POST is for the step met last: the same button pressed twice."""
    return run.page_request.step == next(reversed(run.results), "")
