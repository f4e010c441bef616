"""The person names their new address. The page does not reveal whether it is free (A-27)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Retry, Stay
from flows.engine.run import Run
from flows.shared import destinations, fields
from flows.shared.facts import Facts
from idp.codes.rules import RULES, Purpose
from idp.people.email_address import Email, normalise_email
from idp.people.likely_address import likely_meant
from idp.wording import Text, text

MEANT = "meant"

RESERVED = text(
    "This address was replaced at another account a short time ago, and can still be restored there. "
    "Use another address, or try again in three days."
)
TAKEN = text("This address belongs to another account. An email address can belong to one person only.")
"""Only a person who proved the mailbox sees these."""


@dataclass(frozen=True)
class EmailForm(Form):
    """`as_typed`: the person was asked, and means the address that looks mistyped."""

    email: Email = fields.email()
    as_typed: bool = forms.checkbox()


@dataclass(frozen=True, kw_only=True)
class AskEmail(PlainStep[EmailForm]):
    """Sets the fact `email`. If an address looks mistyped, the page asks once; it never corrects it (X-08)."""

    name: str = "email-address"
    title: Text = text("Your email address")
    stage: Text | None = None
    template: str = ""
    form: type[EmailForm] = EmailForm
    actions: frozenset[str] = frozenset({MEANT})
    purpose: str = Purpose.MAIL_PROOF
    """Of the code that will be sent: the page says how long it is good."""

    def page(self, run: Run) -> Mapping[str, object]:
        minutes = RULES[self.purpose].of_portal(run.client, self.purpose).minutes
        return {"title": self.title, "minutes": minutes, MEANT: run.scratch.get(MEANT, "")}

    def limits(self, run: Run, form: EmailForm) -> Iterable[Debit]:
        yield destinations.debit(run)

    def submit(self, run: Run, form: EmailForm, prepared: None) -> Outcome:
        unusable = self.unusable(run, form.email)
        return unusable or asked_back(run, form) or Done(Facts(email=form.email.address))

    def unusable(self, run: Run, email: Email) -> Retry | None:
        """Return what to answer if the person cannot take this address."""
        return None

    def act(self, run: Run, action: str) -> Outcome:
        meant = proposed(run)
        return (self.unusable(run, meant) or Done(Facts(email=meant.address))) if meant is not None else Stay()

    def limits_of_action(self, run: Run, action: str) -> Iterable[Debit]:
        yield destinations.debit(run)


def asked_back(run: Run, form: EmailForm) -> Stay | None:
    """Ask about an address that looks mistyped; None: it looks right, or the person says that it is."""
    meant = likely_meant(form.email.address)
    if not meant or form.as_typed:
        return None
    run.scratch = {MEANT: meant}
    return Stay()


def proposed(run: Run) -> Email | None:
    """Return the address that the page proposes; None: it proposes none."""
    meant = normalise_email(run.scratch.get(MEANT, ""))
    return meant if isinstance(meant, Email) else None
