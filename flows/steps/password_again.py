"""The password of a signed-in person, once more: for an action that needs it, or because a portal asks for it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from flows.engine import forms
from flows.engine.flow import AnyStep, Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, WrongProof
from flows.engine.run import Run
from flows.methods.method import AnyMethod
from flows.methods.password import one_try, proved
from flows.methods.table import METHODS, OPENINGS
from flows.methods.usable import is_all_that_is_missing
from flows.shared import failures
from flows.steps.first_factor import FIELD
from idp import methods
from idp.audit.events.sign_in import SignInRefused
from idp.audit.log import record
from idp.credentials import passwords
from idp.people import emails
from idp.sessions import known_browsers
from idp.wording import text

JUST_NOW = timedelta(minutes=1)
WRONG = text("This password is not correct.")


@dataclass(frozen=True)
class PasswordForm(Form):
    password: str = forms.password()


@dataclass(frozen=True)
class RepeatedPasswordCheck:
    ok: bool
    version: int


def is_due(run: Run) -> bool:
    """Return whether the password is asked for.

    Not where only a factor is missing, nor right after a sign-in that was made for the same purpose.
    """
    if is_all_that_is_missing(run):
        return False
    if run.session is None:
        return True
    if run.pending is not None:
        return not run.signed_in_for_request
    return run.session.signed_in_at < run.row.created_at - JUST_NOW


class OwnPassword(Step[PasswordForm, RepeatedPasswordCheck]):
    """The password of `run.person_id`."""

    name = methods.PASSWORD
    form = PasswordForm

    def limits(self, run: Run, form: PasswordForm) -> Iterable[Debit]:
        address = emails.of_person(run.tx, run.person_id)
        yield one_try(run, address.address if address is not None else "", run.person_id)

    def prepare(self, run: Run, form: PasswordForm) -> RepeatedPasswordCheck:
        with run.reading() as tx:
            current = passwords.current(tx, run.person_id)
        verdict = run.provider.hasher.verify(form.password, current.hash if current is not None else None)
        return RepeatedPasswordCheck(verdict.ok, current.version if current is not None else 0)

    def submit(self, run: Run, form: PasswordForm, prepared: RepeatedPasswordCheck) -> Outcome:
        current = passwords.current(run.tx, run.person_id)
        known = known_browsers.is_known(run.tx, run.person_id, run.browser)
        blocked = failures.block(current, known=known)
        if not prepared.ok:
            failures.count(run, run.person_id)
        if not prepared.ok or current is None or current.version != prepared.version or blocked:
            reason = failures.REASON if prepared.ok and blocked else "wrong"
            record(run.tx, SignInRefused(person_id=run.person_id, factor="password", reason=reason))
            return WrongProof({"password": WRONG})
        return Done(proved(run, run.person_id, prepared.version))


PASSWORD = OwnPassword()


@dataclass(frozen=True, kw_only=True)
class PasswordAgain(Step[Form, object]):
    """`by_others`: a method that can open a sign-in by itself (a passkey) does as well as the password.

    `cancels`: the page begins a change, so it offers to leave everything as it is.
    """

    name = "password-again"
    form = Form
    proof = True
    needed: Callable[[Run], bool] = is_due
    by_others: bool = False
    cancels: bool = False

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def form_of(self, run: Run) -> type[Form]:
        return self._chosen(run).form

    def page(self, run: Run) -> Mapping[str, object]:
        address = emails.of_person(run.tx, run.person_id)
        others = self._others(run)
        values = {name: value for other in others.values() for name, value in other.page(run).items()}
        cancel = {"cancel": run.way_out} if self.cancels else {}
        return {
            "username": address.address if address is not None else "",
            "openings": list(others),
            **cancel,
            **values,
        }

    def limits(self, run: Run, form: Form) -> Iterable[Debit]:
        return self._chosen(run).limits(run, form)

    def prepare(self, run: Run, form: Form) -> object:
        return self._chosen(run).prepare(run, form)

    def submit(self, run: Run, form: Form, prepared: object) -> Outcome:
        outcome = self._chosen(run).submit(run, form, prepared)
        if isinstance(outcome, Done):
            return Done(msgspec.structs.replace(outcome.facts, person_id=run.person_id))
        return outcome

    def _others(self, run: Run) -> dict[str, AnyMethod]:
        return {name: method for name, method in self._allowed(run).items() if method.is_available(run)}

    def _allowed(self, run: Run) -> dict[str, AnyMethod]:
        allowed = OPENINGS.keys() & set(run.policy.methods) if self.by_others else set()
        return {name: method for name, method in METHODS.items() if name in allowed}

    def _chosen(self, run: Run) -> AnyStep:
        return self._allowed(run).get(run.page_request.form.get(FIELD, ""), PASSWORD)
