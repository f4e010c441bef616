"""The person gives a mobile number, or says that they would rather not where the portal lets them (A-09, A-22)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flows.engine.flow import Debit, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Retry
from flows.engine.run import Run
from flows.shared import destinations, fields
from flows.shared.facts import Facts
from idp.people.phone_number import PhoneNumber, example
from idp.wording import Text, text

SKIP = "skip"


@dataclass(frozen=True)
class PhoneForm(Form):
    phone: PhoneNumber = fields.phone()


@dataclass(frozen=True, kw_only=True)
class AskPhone(PlainStep[PhoneForm]):
    """Sets the fact `phone`, or `phone_declined`. Applies where the portal asks for a number at all."""

    name: str = "phone-number"
    title: Text = text("Your mobile phone")
    needed: Callable[[Run], bool] = lambda _run: True
    stage: Text | None = None
    template: str = ""
    form: type[PhoneForm] = PhoneForm
    actions: frozenset[str] = frozenset({SKIP})
    spares: bool = False
    """Whether this journey goes on without a number where an app or a passkey stands for it (X-31)."""

    def applies(self, run: Run) -> bool:
        return run.policy.phone != "off" and self.needed(run)

    def page(self, run: Run) -> Mapping[str, object]:
        spared = self.spares and run.policy.spares_phone
        return {"title": self.title, "example": example(fields.countries(run)[0]), "spared": spared}

    def limits(self, run: Run, form: PhoneForm) -> Iterable[Debit]:
        yield destinations.debit(run)

    def submit(self, run: Run, form: PhoneForm, prepared: None) -> Outcome:
        return Done(Facts(phone=form.phone.e164))

    def act(self, run: Run, action: str) -> Outcome:
        if run.policy.phone == "required" and not (self.spares and run.policy.spares_phone):
            return Retry({"phone": text("Enter your mobile number. This portal requires it.")})
        return Done(Facts(phone_declined=True))
