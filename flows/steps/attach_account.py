"""The mailbox that was just proved has an account: its owner signs in, and what was begun is added to it.

Shared by every journey that opens an account (A-27, A-28, B-10, C-19). Only who reads the mailbox sees this page, so it
may say that the address is taken. In a journey it comes after the mail's code, followed by the second step of signing
in; the facts `person_id` and `password_met` are those of a sign-in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, GoBack, Outcome, Refused, Retry, Stay
from flows.engine.run import Run
from flows.steps.credentials import Checked, Credentials, CredentialsForm
from idp.database import Transaction
from idp.people import emails
from idp.people.email_address import Email, normalise_email
from idp.wording import Text, text

OTHER_ADDRESS = "other-address"
WRONG = text("This password is not correct.")


@dataclass(frozen=True)
class AttachForm(Form):
    password: str = forms.password()


@dataclass(frozen=True, kw_only=True)
class AttachAccount(Step):
    """Asks the password of the account behind the fact `email`, with the checks and limits of signing in.

    `added` says what will be added to the account; `address_step` is opened again by « use another address », which is
    offered where that step was met.
    """

    name: str = "attach-account"
    stage: Text | None = None
    form: type[Form] = AttachForm
    proof: bool = True
    actions: frozenset[str] = frozenset({OTHER_ADDRESS})
    added: Text = text("What you have begun will be added to it; your password and your phone stay as they are.")
    address_step: str = "email-address"

    def applies(self, run: Run) -> bool:
        return run.facts.mailbox_proved and not run.facts.written and bool(owner_of(run))

    def page(self, run: Run) -> Mapping[str, object]:
        other = self.address_step in run.results
        return {"email": run.facts.email, "added": self.added, "may_change": other}

    def limits(self, run: Run, form: AttachForm) -> Iterable[Debit]:
        return SIGN_IN.limits(run, _as_credentials(run, form))

    def too_often(self, run: Run, form: AttachForm | None, tx: Transaction, debit: Debit, retry_at: datetime) -> Retry:
        return SIGN_IN.too_often(run, _as_credentials(run, form), tx, debit, retry_at)

    def prepare(self, run: Run, form: AttachForm) -> Checked:
        return SIGN_IN.prepare(run, _as_credentials(run, form))

    def submit(self, run: Run, form: AttachForm, prepared: Checked) -> Outcome:
        if run.facts.phone:  # given before the address found its owner: theirs counts, and this is asked once more
            return GoBack(self.name)
        outcome = SIGN_IN.submit(run, _as_credentials(run, form), prepared)
        if isinstance(outcome, Done) and prepared.person_id == owner_of(run):
            return outcome
        return Refused({"password": WRONG})

    def act(self, run: Run, action: str) -> Outcome:
        return GoBack(self.address_step) if self.address_step in run.results else Stay()


SIGN_IN = Credentials()


def owner_of(run: Run) -> str:
    """The id of the person whose address the proved one is already, or an empty text."""
    email = normalise_email(run.facts.email)
    return emails.owner(run.tx, email) if isinstance(email, Email) else ""


def _as_credentials(run: Run, form: AttachForm | None) -> CredentialsForm:
    return CredentialsForm(identifier=run.facts.email, password=form.password if form is not None else "")
