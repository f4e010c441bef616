"""The intent of a POST that is for the current step and readable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flows.engine.answers import StepPage
from flows.engine.flow import AnyStep, Debit, Flow
from flows.engine.forms import Form
from flows.engine.outcomes import Outcome, Retry, Stay
from flows.engine.run import Run
from idp.wording import Text


@dataclass(frozen=True)
class Resumption:
    """The run continues after a pause: proofs that lapsed are asked for again."""

    reason: Text


@dataclass(frozen=True)
class SignInDetour:
    """The person signs in first (at `url`), and comes back to what was typed."""

    url: str


@dataclass(frozen=True)
class ExhaustedCount:
    """An exhausted limit that still lets a right secret pass. Wrong ones are refused until `retry_at`."""

    debit: Debit
    retry_at: datetime


Change = Callable[[Run], Outcome | Resumption | SignInDetour]
"""The change that a POST makes, in the transaction, on the locked run."""


def _nothing(_run: Run) -> Stay:
    return Stay()


@dataclass(frozen=True)
class Intent:
    """`prepare` works before the transaction, and returns what to change in it.

    `typed` is what the answer shows again, `kept` what the run stores of it. `debits` are to be taken; afterwards they
    are those that were.
    """

    flow: Flow
    run: Run
    step: AnyStep
    typed: Mapping[str, str]
    kept: Mapping[str, str]
    begun_with: str
    form: Form | None = None
    prepare: Callable[[Run], Change | Retry] = lambda _run: _nothing
    debits: tuple[Debit, ...] = ()
    exhausted: ExhaustedCount | None = None

    def with_change(self, change: Change, debits: Iterable[Debit] = ()) -> Intent:
        """Return the intent of one of the page's other buttons, without form and `prepare`."""
        return replace(self, prepare=lambda _run: change, debits=tuple(debits))

    def with_form(self, form: Form) -> Intent:
        """Return the intent of the page's primary button, with a form that could be read."""
        step = self.step

        def prepare(run: Run) -> Change | Retry:
            prepared = step.prepare(run, form)
            if isinstance(prepared, Retry):
                return prepared
            return lambda run: step.submit(run, form, prepared)

        return replace(self, form=form, debits=tuple(step.limits(self.run, form)), prepare=prepare)

    def same_page(self, retry: Retry) -> StepPage:
        """Return the same page, with errors and what was typed."""
        return StepPage(self.step.name, self.typed, retry.errors, status=retry.status)
