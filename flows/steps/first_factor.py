"""The first page of signing in: a choice among the first factors that the portal allows.

Each is a form of its own on the page; the hidden field `method` says which one was sent. The password is always one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Outcome, Retry
from flows.engine.run import Run
from flows.methods.method import AnyOpening
from flows.methods.password import FIRST_FACTOR
from flows.methods.table import OPENINGS
from idp import methods
from idp.database import Transaction

FIELD = "method"
DRAWN = ("request", "passkey_options")


class FirstFactor(Step[Form, object]):
    """Hands everything to the chosen first factor."""

    name = FIRST_FACTOR
    form = Form
    proof = True

    def form_of(self, run: Run) -> type[Form]:
        return _chosen(run).form

    def page(self, run: Run) -> Mapping[str, object]:
        offered = _offered(run)
        others = [name for name in offered if name != methods.PASSWORD]
        values = {name: value for opening in offered.values() for name, value in opening.page(run).items()}
        return {"openings": others, **values}

    def drawn(self, values: Mapping[str, object]) -> Mapping[str, str] | None:
        """The sealed request and the challenge; a page with an identifier filled in is of one person."""
        if values["hint"] or values["opened"]:
            return None
        return {name: str(values[name]) for name in DRAWN if name in values}

    def limits(self, run: Run, form: Form) -> Iterable[Debit]:
        return _chosen(run).limits(run, form)

    def too_often(self, run: Run, form: Form | None, tx: Transaction, debit: Debit, retry_at: datetime) -> Retry:
        return _chosen(run).too_often(run, form, tx, debit, retry_at)

    def prepare(self, run: Run, form: Form) -> object:
        return _chosen(run).prepare(run, form)

    def submit(self, run: Run, form: Form, prepared: object) -> Outcome:
        return _chosen(run).submit(run, form, prepared)


def _offered(run: Run) -> dict[str, AnyOpening]:
    allowed = {methods.PASSWORD, *run.policy.methods}
    return {name: opening for name, opening in OPENINGS.items() if name in allowed}


def _chosen(run: Run) -> AnyOpening:
    return _offered(run).get(run.page_request.form.get(FIELD, ""), OPENINGS[methods.PASSWORD])
