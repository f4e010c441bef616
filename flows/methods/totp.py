"""A code of the person's authenticator app."""

from dataclasses import dataclass

from flows.engine import forms
from flows.engine.forms import Form
from flows.engine.run import Run
from flows.methods.own_code import OwnCode
from idp import methods
from idp.credentials import authenticator_apps
from idp.sessions.assurance import Proof
from idp.wording import text


@dataclass(frozen=True)
class AppCodeForm(Form):
    code: str = forms.code(length=6)


class AppCode(OwnCode[AppCodeForm]):
    name = methods.TOTP
    label = text("Use the authenticator app")
    wrong = text("This code is not correct or has already been used. Wait for the next one and enter it.")
    form = AppCodeForm

    def is_available(self, run: Run) -> bool:
        return authenticator_apps.count(run.tx, run.person_id) > 0

    def spend(self, run: Run, form: AppCodeForm) -> str:
        return authenticator_apps.accept(run.tx, run.person_id, form.code)

    def still_holds(self, run: Run, person_id: str, proof: Proof) -> bool:
        return authenticator_apps.holds(run.tx, person_id, proof.evidence)


METHOD = AppCode()
