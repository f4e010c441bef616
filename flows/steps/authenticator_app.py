"""A new authenticator app: the person scans the QR code and types the first code of the app."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyotp
import segno
from markupsafe import Markup

from flows.engine import forms
from flows.engine.flow import Debit, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Outcome, Retry, WrongProof
from flows.engine.run import Run
from flows.methods.method import tries
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.second_step import changed, proofs_hold
from flows.steps.strong_proof import always
from idp import methods
from idp.credentials import authenticator_apps
from idp.notices import account
from idp.people import emails
from idp.sessions import known_browsers
from idp.sessions.assurance import Proof
from idp.wording import text

WRONG = text("This code is not correct. Check that your phone sets its time automatically, then enter the next code.")
FULL = text("You already have the maximum number of apps. Remove one first.")
NAME = text("My phone")
GROUP = 4
MARGIN = 4  # modules of quiet zone (ISO/IEC 18004)


@dataclass(frozen=True)
class AppForm(Form):
    name: str = forms.line(required=False, longest=authenticator_apps.LONGEST_NAME)
    code: str = forms.code()


@dataclass(frozen=True, kw_only=True)
class ConfirmApp(PlainStep[AppForm]):
    """Adds the app, and proves it: `scratch["app"]` is the one that waits for its first code."""

    name: str = "authenticator-app"
    form: type[AppForm] = AppForm
    needed: Callable[[Run], bool] = always

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def enter(self, run: Run) -> None:
        run.scratch = {"app": authenticator_apps.begin(run.tx, run.person_id)}

    def page(self, run: Run) -> Mapping[str, object]:
        secret = authenticator_apps.unconfirmed_secret(run.tx, run.person_id, run.scratch.get("app", ""))
        if not secret:
            return {"key": ""}
        address = emails.of_person(run.tx, run.person_id)
        account = address.address if address is not None else run.theme.name
        uri = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=run.theme.name)
        drawn = segno.make(uri, error="m").svg_inline(
            scale=4, border=MARGIN, light="#fff", svgclass="qr", lineclass=None
        )
        return {"key": grouped(secret), "uri": uri, "qr": Markup(drawn), "proposed": NAME}  # noqa: S704

    def limits(self, run: Run, form: AppForm) -> Iterable[Debit]:
        yield from tries(run)

    def submit(self, run: Run, form: AppForm, prepared: None) -> Outcome:
        if not proofs_hold(run):
            return changed(run)
        person_id, app = run.person_id, run.scratch.get("app", "")
        if authenticator_apps.count(run.tx, person_id) >= authenticator_apps.MOST:
            return Retry({FORM: FULL})
        name = form.name or run.theme.translator(NAME)
        reference = authenticator_apps.confirm(run.tx, person_id, app, form.code, name=name)
        if not reference:
            return WrongProof({"code": WRONG})
        known_browsers.prefer(run.tx, person_id, methods.TOTP)
        at, factor = occasion.of_run(run), methods.TOTP
        account.factor_changed(run.tx, person_id, at, factor=factor, added=True, reference=reference)
        return Done(Facts(proofs=(Proof(methods.TOTP, run.tx.now, app),)))


def grouped(secret: str) -> str:
    """Return the key as people type it: `JBSW Y3DP …`."""
    return " ".join(secret[at : at + GROUP] for at in range(0, len(secret), GROUP))
