"""One of the person's recovery codes. The owner is notified of each use, and when few are left."""

from dataclasses import dataclass

from flows.engine import forms
from flows.engine.forms import Form
from flows.engine.run import Run
from flows.methods.own_code import OwnCode
from flows.shared import occasion
from idp import methods
from idp.credentials import recovery_codes
from idp.notices import account
from idp.wording import text


@dataclass(frozen=True)
class RecoveryCodeForm(Form):
    code: str = forms.code(length=recovery_codes.LENGTH)


class SpareCode(OwnCode[RecoveryCodeForm]):
    name = methods.RECOVERY
    label = text("Use a recovery code")
    wrong = text("This recovery code is not correct or has already been used.")
    form = RecoveryCodeForm

    def is_available(self, run: Run) -> bool:
        return recovery_codes.left(run.tx, run.person_id) > 0

    def spend(self, run: Run, form: RecoveryCodeForm) -> str:
        used = recovery_codes.use(run.tx, run.person_id, form.code)
        if used is None:
            return ""
        at = occasion.of_run(run)
        account.recovery_code_used(run.tx, run.person_id, at, reference=used.reference, left=used.left)
        return used.evidence


METHOD = SpareCode()
