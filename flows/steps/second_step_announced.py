"""Opens a journey whose first proof is a code: the button sends it, so that no GET ever does (rulings 13)."""

from typing import Any

from flows.engine.flow import Step
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.steps.second_steps import methods


class SecondStepAnnounced(Step):
    name = "second-step-announced"

    def applies(self, run: Run) -> bool:
        return methods.is_all_that_is_missing(run) and bool(methods.usable(run, run.person_id))

    def submit(self, run: Run, form: Any, prepared: Any) -> Outcome:
        return Done()
