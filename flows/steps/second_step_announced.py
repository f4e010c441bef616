"""Opens a journey whose first proof is a code: the button sends it, so that no GET ever does (rulings 13)."""

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.methods import usable


class SecondStepAnnounced(PlainStep[Form]):
    name = "second-step-announced"
    form = Form

    def applies(self, run: Run) -> bool:
        missing = usable.is_all_that_is_missing(run) and usable.is_needed(run)
        return missing and bool(usable.usable(run))

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        return Done()
