"""A page that confirms the last proof once, with « Continuer » (A-08, rulings 16)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.wording import Text


@dataclass(frozen=True, kw_only=True)
class Acknowledgement(PlainStep[Form]):
    """Sets the fact `agreed`. The page is the template of this name."""

    name: str
    stage: Text | None = None
    template: str = ""
    form: type[Form] = Form
    needed: Callable[[Run], bool] = lambda _run: True

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def page(self, run: Run) -> Mapping[str, object]:
        return {"facts": run.known(Facts)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        return Done(Facts(agreed=True))
