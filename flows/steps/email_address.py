"""The person names their new address. The page does not reveal whether it is free (A-27)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from flows import fields
from flows.engine.flow import Debit, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Stay
from flows.engine.run import Run
from flows.facts import Facts
from flows.shared import destinations
from idp.codes.rules import MINUTE, RULES, Purpose
from idp.people.email_address import Email
from idp.wording import Text, text

FREQUENT = (
    "bluewin.ch", "gmail.com", "gmx.ch", "gmx.net", "hispeed.ch", "hotmail.ch", "hotmail.com", "hotmail.fr",
    "icloud.com", "laposte.net", "libero.it", "orange.fr", "outlook.com", "outlook.fr", "protonmail.com", "sfr.fr",
    "sunrise.ch", "vtxmail.ch", "wanadoo.fr", "yahoo.com", "yahoo.fr",
)  # fmt: skip
ALIKE = 0.87  # one wrong, missing or swapped letter in a usual domain; not gmx.ch for gmx.net

RESERVED = text(
    "This address was replaced at another account a short time ago, and can still be restored there. "
    "Use another address, or try again in three days."
)
"""Only a person who proved the mailbox sees this."""


@dataclass(frozen=True)
class EmailForm(Form):
    email: Email = fields.email()


@dataclass(frozen=True, kw_only=True)
class AskEmail(PlainStep[EmailForm]):
    """Sets the fact `email`. If an address looks mistyped, the page asks once; it never corrects it (X-08)."""

    name: str = "email-address"
    title: Text = text("Your email address")
    stage: Text | None = None
    template: str = ""
    form: type[EmailForm] = EmailForm
    purpose: str = Purpose.MAIL_PROOF
    """Of the code that will be sent: the page says how long it is good."""

    def page(self, run: Run) -> Mapping[str, object]:
        lifetime = RULES[self.purpose].of_portal(run.client, self.purpose).lifetime
        return {"title": self.title, "minutes": lifetime // MINUTE}

    def limits(self, run: Run, form: EmailForm) -> Iterable[Debit]:
        yield destinations.debit(run)

    def submit(self, run: Run, form: EmailForm, prepared: None) -> Outcome:
        suggestion = likely_meant(form.email.address)
        if suggestion and run.scratch.get("asked") != form.email.key:
            run.scratch = {"asked": form.email.key}
            return Stay(text("Did you mean %(email)s? Correct the address, or send it as it is.", email=suggestion))
        return Done(Facts(email=form.email.address))


def likely_meant(address: str) -> str:
    """Return the address with the usual domain that its own resembles; empty if it looks right."""
    local, _, domain = address.rpartition("@")
    close = get_close_matches(domain.lower(), FREQUENT, n=1, cutoff=ALIKE)
    return f"{local}@{close[0]}" if close and close[0] != domain.lower() else ""
