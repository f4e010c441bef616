"""Names, form of address and birth date: what a portal asks of a person, prefilled with what is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.shared import fields
from flows.shared.facts import Facts
from idp.people.birth_date import BirthDate, PartialDate, to_iso
from idp.people.person import HONORIFICS
from idp.wording import Text, Translator, text

HONORIFIC_WORDS: Mapping[str, Text] = dict(
    zip(HONORIFICS, (text("Mrs"), text("Mr"), text("Prefer not to say")), strict=True)
)


NO_HONORIFIC = text("Select a title.")


def honorifics(_run: Run) -> Mapping[str, Text]:
    """Return the answers offered for the form of address, the neutral one among them."""
    return HONORIFIC_WORDS


@dataclass(frozen=True)
class ProfileForm(Form):
    """The profile; a page that asks for more inherits from it."""

    honorific: str = forms.choice(
        honorifics, required=lambda run: run.policy.honorific == "required", missing=NO_HONORIFIC
    )
    given_name: str = fields.name(missing=text("Enter your first name."))
    family_name: str = fields.name(missing=text("Enter your last name."))
    birth_date: BirthDate | None = fields.birth_date(required=lambda run: run.policy.birth_date == "required")


FROM_MONTH, FROM_YEAR = 3, 6
"""Where these begin in a day as it is written."""

Known = Callable[[Run], Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class AskProfile(PlainStep[ProfileForm]):
    """Sets the facts of the same names. `known` prefills the fields (`birth_date` as it is typed)."""

    name: str = "profile"
    title: Text = text("Your details")
    stage: Text | None = None
    template: str = ""
    form: type[ProfileForm] = ProfileForm
    needed: Callable[[Run], bool] = lambda _run: True
    known: Known = lambda _run: {}

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def page(self, run: Run) -> Mapping[str, object]:
        return {"title": self.title, "known": self.known(run), "honorifics": honorifics(run).items()}

    def submit(self, run: Run, form: ProfileForm, prepared: None) -> Outcome:
        return Done(facts_of(form))


def shown_birth_date(translator: Translator, born: BirthDate | None) -> str:
    """Return a birth date as it is typed: `16.07.1956`, or `07.1956` and `1956` where no more is known."""
    if not isinstance(born, PartialDate):
        return translator.day(born) if born is not None else ""
    whole = translator.day(date(born.year, born.month or 1, 1))
    return whole[FROM_MONTH if born.month else FROM_YEAR :]


def facts_of(form: ProfileForm) -> Facts:
    """Return the facts that the fields of a profile become."""
    return Facts(
        given_name=form.given_name,
        family_name=form.family_name,
        honorific=form.honorific,
        birth_date=to_iso(form.birth_date),
    )
