"""The mailbox that was just proved has an account: its owner signs in, and what was begun is added to it.

Shared by every journey that opens an account (A-27, A-28, B-10, C-19). Only who reads the mailbox sees this page, so it
may say that the address is taken. In a journey `AttachAccount` comes after the mail's code, followed by
`OwnersSecondStep`; the facts `person_id` and `proofs` are those of a sign-in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, GoBack, Outcome, Retry, Stay, WrongProof
from flows.engine.run import Run
from flows.methods.password import Credentials, CredentialsForm, PasswordCheck
from flows.shared.facts import Facts
from flows.steps.email_address import AskEmail
from flows.steps.second_step import SecondStep
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
class AttachAccount(Step[AttachForm, PasswordCheck]):
    """Asks the password of the account behind the fact `email`, with the checks and limits of signing in.

    `added` says what will be added to the account. « Use another address » is offered where an address was asked for.
    """

    name: str = "attach-account"
    stage: Text | None = None
    form: type[AttachForm] = AttachForm
    proof: bool = True
    actions: frozenset[str] = frozenset({OTHER_ADDRESS})
    added: Text = text("The new access will be added to it. Your password and phone number will not change.")

    def applies(self, run: Run) -> bool:
        return run.known(Facts).mailbox_proved and not run.known(Facts).written and bool(owner_of(run))

    def page(self, run: Run) -> Mapping[str, object]:
        return {"email": run.known(Facts).email, "added": self.added, "may_change": _asked_for_address(run)}

    def limits(self, run: Run, form: AttachForm) -> Iterable[Debit]:
        return SIGN_IN.limits(run, _as_credentials(run, form))

    def too_often(self, run: Run, form: AttachForm | None, tx: Transaction, debit: Debit, retry_at: datetime) -> Retry:
        return SIGN_IN.too_often(run, _as_credentials(run, form), tx, debit, retry_at)

    def prepare(self, run: Run, form: AttachForm) -> PasswordCheck:
        return SIGN_IN.prepare(run, _as_credentials(run, form))

    def submit(self, run: Run, form: AttachForm, prepared: PasswordCheck) -> Outcome:
        if run.known(Facts).phone:  # given before the address found its owner: theirs counts; asked once more
            return GoBack(self.name)
        outcome = SIGN_IN.submit(run, _as_credentials(run, form), prepared)
        if isinstance(outcome, Done) and prepared.person_id == owner_of(run):
            return outcome
        return WrongProof({"password": WRONG})

    def act(self, run: Run, action: str) -> Outcome:
        return _to_another_address(run)


class OwnersSecondStep(SecondStep):
    """Attaching takes both steps, whatever the portal asks for at sign-in (A-28).

    A person without a method that the portal accepts sees the ways out: another address, the desk.
    """

    actions = SecondStep.actions | {OTHER_ADDRESS}

    def applies(self, run: Run) -> bool:
        return bool(run.known(Facts).person_id)

    def page(self, run: Run) -> Mapping[str, object]:
        return {**super().page(run), "may_change": _asked_for_address(run)}

    def no_entry(self, run: Run) -> Text | None:
        """The code that was typed opens the portal."""
        return None

    def act(self, run: Run, action: str) -> Outcome:
        return _to_another_address(run) if action == OTHER_ADDRESS else super().act(run, action)


SIGN_IN = Credentials()


def is_new_person(run: Run) -> bool:
    """Return whether the run makes a new person, and does not add to one who signed in on the way."""
    return not run.known(Facts).person_id


def owner_of(run: Run) -> str:
    """Return the id of the person whose address the proved one is already, or an empty text."""
    email = normalise_email(run.known(Facts).email)
    return emails.owner(run.tx, email) if isinstance(email, Email) else ""


def _asked_for_address(run: Run) -> bool:
    return AskEmail.name in run.results


def _to_another_address(run: Run) -> Outcome:
    return GoBack(AskEmail.name) if _asked_for_address(run) else Stay()


def _as_credentials(run: Run, form: AttachForm | None) -> CredentialsForm:
    return CredentialsForm(identifier=run.known(Facts).email, password=form.password if form is not None else "")
