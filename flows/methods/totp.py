"""A code of the person's authenticator app."""

from collections.abc import Iterable
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit
from flows.engine.forms import Form
from flows.engine.outcomes import Outcome, WrongProof
from flows.engine.run import Run
from flows.methods.method import PlainMethod, tries
from idp import methods
from idp.audit.events.sign_in import SignInRefused
from idp.audit.log import record
from idp.credentials import authenticator_apps
from idp.database import Transaction
from idp.sessions.assurance import Proof
from idp.wording import text

WRONG = text("This code is not correct or has already been used. Wait for the next one and enter it.")


@dataclass(frozen=True)
class AppCodeForm(Form):
    code: str = forms.code(length=6)


class AppCode(PlainMethod[AppCodeForm]):
    name = methods.TOTP
    label = text("Use the authenticator app")
    form = AppCodeForm
    may_be_elsewhere = True

    def is_available(self, run: Run) -> bool:
        return authenticator_apps.count(run.tx, run.person_id) > 0

    def limits(self, run: Run, form: AppCodeForm) -> Iterable[Debit]:
        yield from tries(run)

    def submit(self, run: Run, form: AppCodeForm, prepared: None) -> Outcome:
        accepted = authenticator_apps.accept(run.tx, run.person_id, form.code)
        if accepted:
            return self.proved(run, accepted)
        record(run.tx, SignInRefused(person_id=run.person_id, factor=self.name, reason="wrong"))
        return WrongProof({"code": WRONG})

    def still_holds(self, tx: Transaction, person_id: str, proof: Proof) -> bool:
        return authenticator_apps.holds(tx, person_id, proof.evidence)


METHOD = AppCode()
