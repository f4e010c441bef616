"""The second step of signing in: a code by one of the person's methods, or another of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.engine import forms
from flows.engine.facts import Facts
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Restart, Stay
from flows.engine.run import Run
from flows.steps import failures
from flows.steps.code import RESEND
from flows.steps.credentials import own_budget
from flows.steps.second_steps import methods
from flows.steps.second_steps.method import Method
from flows.steps.second_steps.methods import METHODS
from idp.audit.events.sign_in import SignInRefused
from idp.credentials import passwords
from idp.people import person
from idp.wording import text

LIMIT = "second_step"
USE = "use:"

CHANGED = text("Your account was changed meanwhile. Please sign in again.")


@dataclass(frozen=True)
class SecondStepForm(Form):
    code: str = forms.code()


def is_due(run: Run) -> bool:
    """After a password that is too little here, or where only a factor is missing."""
    proving = bool(run.facts.person_id) or methods.is_all_that_is_missing(run)
    return proving and methods.is_needed(run)


@dataclass(frozen=True, kw_only=True)
class SecondStep(Step):
    """`scratch["method"]` is the method in use: the strongest at first, then whichever the person chose."""

    name = "second-step"
    form = SecondStepForm
    proof = True
    actions = frozenset({RESEND, *(USE + name for name in METHODS)})
    needed: Callable[[Run], bool] = is_due

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def enter(self, run: Run) -> None:
        usable = methods.usable(run, run.person_id)
        if usable:
            _use(run, usable[0])

    def page(self, run: Run) -> Mapping[str, object]:
        method = _in_use(run)
        if method is None:
            return {"method": "", "others": (), "may_change": False}
        others = [other for other in methods.usable(run, run.person_id) if other.name != method.name]
        offered = others if run.policy.choose_method else ()
        return {"method": method.name, "others": offered, **method.page(run, run.person_id)}

    def limits(self, run: Run, form: SecondStepForm) -> Iterable[Debit]:
        yield Debit(LIMIT, (run.person_id, *own_budget(run, run.person_id)))

    def submit(self, run: Run, form: SecondStepForm, prepared: Any) -> Outcome:
        method, person_id = _in_use(run), run.person_id
        if method is None or not _is_unchanged(run, person_id):
            return Restart(CHANGED, SignInRefused(person_id=person_id, factor="second-step", reason="changed"))
        refused = method.check(run, person_id, form.code)
        if refused is not None:
            failures.count(run, person_id)
        return refused or Done(Facts(second_step=method.name))

    def act(self, run: Run, action: str) -> Outcome:
        wanted = action.removeprefix(USE) if action.startswith(USE) else run.scratch.get("method", "")
        allowed = {method.name: method for method in methods.usable(run, run.person_id)}
        changes = wanted != run.scratch.get("method")
        if wanted in allowed and (run.policy.choose_method or not changes):
            _use(run, allowed[wanted])
        return Stay(run.notice)


def _in_use(run: Run) -> Method | None:
    return METHODS.get(run.scratch.get("method", ""))


def _use(run: Run, method: Method) -> None:
    run.scratch = {"method": method.name}
    method.begin(run, run.person_id)


def _is_unchanged(run: Run, person_id: str) -> bool:
    """Whether the person may still sign in, and with the password that was given."""
    found = person.by_id(run.tx, person_id)
    current = passwords.current(run.tx, person_id)
    met = run.facts.password_met
    return found is not None and found.is_active and (not met or (current is not None and str(current.version) == met))
