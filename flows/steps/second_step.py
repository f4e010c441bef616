"""The second step of signing in: one of the person's methods, or another of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Outcome, Restart, Stay, WrongProof
from flows.engine.run import Run
from flows.methods import usable
from flows.methods.method import AnyMethod, AnyOpening
from flows.methods.password import standing_of
from flows.methods.table import METHODS, OPENINGS
from flows.shared import failures
from flows.shared.facts import Facts
from flows.steps.code import RESEND
from idp.audit.events.sign_in import SignInRefused
from idp.organisations import entry
from idp.wording import Text, text

USE = "use:"

DEACTIVATED = text("Your company has deactivated your access. Contact your company’s administrator.")
ELSEWHERE = text("Your account does not give you access to this portal. If you think it should, contact the helpdesk.")
CHANGED = text("Your account has changed in the meantime. Sign in again.")


def is_due(run: Run) -> bool:
    """Return whether a second step is needed: the first factor is not enough here, or only a factor is missing."""
    proving = bool(run.known(Facts).person_id) or usable.is_all_that_is_missing(run)
    return proving and usable.is_needed(run)


@dataclass(frozen=True, kw_only=True)
class SecondStep(Step[Form, object]):
    """A choice of methods. `scratch["method"]` is the one in use: a proposal at first, then the person's choice."""

    name = "second-step"
    form = Form
    proof = True
    actions = frozenset({RESEND, *(USE + name for name in METHODS)})
    needed: Callable[[Run], bool] = is_due

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def choices(self, run: Run) -> list[AnyMethod]:
        """Return the methods that serve here, strongest first."""
        return usable.usable(run)

    def may_choose(self, run: Run) -> bool:
        """Return whether the person may have the code by another channel for this one sign-in (A-39)."""
        return run.policy.choose_method

    def may_take(self, run: Run, wanted: AnyMethod) -> bool:
        """Return whether the person may use this method in place of the present one.

        Whoever lost what the present one needs finds each other method that serves here (X-18), at every portal.
        """
        present = _in_use(run)
        if present is None or self.may_choose(run):
            return self.may_choose(run)
        return present is wanted or not (present.is_sent and wanted.is_sent)

    def no_entry(self, run: Run) -> Text | None:
        """Return the reason if the portal is not open to the person: they read it in place of missing methods (B-43).

        Only the password is proved here, so no company is named.
        """
        if entry.lets_in(run.tx, run.person_id, run.client):
            return None
        return DEACTIVATED if entry.deactivated_by(run.tx, run.person_id, run.client) is not None else ELSEWHERE

    def form_of(self, run: Run) -> type[Form]:
        method = _in_use(run)
        return method.form if method is not None else Form

    def enter(self, run: Run) -> None:
        allowed = self.choices(run)
        if allowed:
            _use(run, usable.first(run, allowed))

    def page(self, run: Run) -> Mapping[str, object]:
        method = _in_use(run)
        if method is None:
            return {"method": "", "others": (), "may_change": False, "no_entry": self.no_entry(run)}
        others = [other for other in self.choices(run) if other is not method and self.may_take(run, other)]
        return {"method": method.name, "others": others, **method.page(run)}

    def limits(self, run: Run, form: Form) -> Iterable[Debit]:
        method = _in_use(run)
        return method.limits(run, form) if method is not None else ()

    def prepare(self, run: Run, form: Form) -> object:
        method = _in_use(run)
        return method.prepare(run, form) if method is not None else None

    def submit(self, run: Run, form: Form, prepared: object) -> Outcome:
        method = _in_use(run)
        if method is None or not proofs_hold(run):
            return changed(run)
        outcome = method.submit(run, form, prepared)
        if isinstance(outcome, WrongProof):
            failures.count(run, run.person_id)
        return outcome

    def act(self, run: Run, action: str) -> Outcome:
        wanted = action.removeprefix(USE) if action.startswith(USE) else run.scratch.get("method", "")
        allowed = {method.name: method for method in self.choices(run)}
        if wanted in allowed and self.may_take(run, allowed[wanted]):
            _use(run, allowed[wanted])
        return Stay(run.notice)


def proofs_hold(run: Run) -> bool:
    """Return whether the person may still sign in, and everything they proved in this run is still true.

    Whatever has ended their access since has ended this sign-in as well.
    """
    found, proofs = run.once(standing_of, run.person_id).person, run.known(Facts).proofs
    if found is None or not found.is_active:
        return False
    if found.access_ended_at is not None and any(proof.at < found.access_ended_at for proof in proofs):
        return False
    screens: dict[str, AnyOpening | AnyMethod] = {**OPENINGS, **METHODS}
    return all(screens[proof.method].still_holds(run, found.id, proof) for proof in proofs)


def changed(run: Run) -> Restart:
    """Return the outcome where `proofs_hold` says no: everything is proved again."""
    return Restart(CHANGED, SignInRefused(person_id=run.person_id, factor="second-step", reason="changed"))


def _in_use(run: Run) -> AnyMethod | None:
    return METHODS.get(run.scratch.get("method", ""))


def _use(run: Run, method: AnyMethod) -> None:
    run.scratch = {"method": method.name}
    method.begin(run)
