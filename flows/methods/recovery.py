"""One of the person's recovery codes. The owner is notified of each use, and when few are left."""

from collections.abc import Iterable
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit
from flows.engine.forms import Form
from flows.engine.outcomes import Outcome, WrongProof
from flows.engine.run import Run
from flows.methods.method import PlainMethod, tries
from flows.shared import occasion
from idp import methods
from idp.audit.events.sign_in import SignInRefused
from idp.audit.log import record
from idp.credentials import recovery_codes
from idp.notices import account
from idp.wording import text

WRONG = text("This recovery code is not correct or has already been used.")


@dataclass(frozen=True)
class RecoveryCodeForm(Form):
    code: str = forms.code(length=recovery_codes.LENGTH)


class SpareCode(PlainMethod[RecoveryCodeForm]):
    name = methods.RECOVERY
    label = text("Use a recovery code")
    form = RecoveryCodeForm
    may_be_elsewhere = True

    def is_available(self, run: Run) -> bool:
        return recovery_codes.left(run.tx, run.person_id) > 0

    def limits(self, run: Run, form: RecoveryCodeForm) -> Iterable[Debit]:
        yield from tries(run)

    def submit(self, run: Run, form: RecoveryCodeForm, prepared: None) -> Outcome:
        used = recovery_codes.use(run.tx, run.person_id, form.code)
        if used is None:
            record(run.tx, SignInRefused(person_id=run.person_id, factor=self.name, reason="wrong"))
            return WrongProof({"code": WRONG})
        at = occasion.of_run(run)
        account.recovery_code_used(run.tx, run.person_id, at, reference=used.reference, left=used.left)
        return self.proved(run, used.evidence)


METHOD = SpareCode()
