"""The code that a person reads out to the administrator, which proves that the number is theirs (B-24, B-49).

It is bound to this run, so to this administrator and this person; it has another shape than codes for signing in, and
its SMS ends with no `@host` line: no sign-in page would take it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flows.engine.flow import Debit
from flows.engine.run import Run
from flows.organisation.administration import company_of
from flows.shared.facts import Facts
from flows.steps.code import CodeStep
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.people import person
from idp.wording import Text, text

LIMIT = "company_phone_proofs"


def debit(run: Run) -> Debit:
    """Return the debit of one more SMS in the company's name."""
    return Debit(LIMIT, (company_of(run).id,), refunded=False)


def destination(run: Run) -> Destination:
    return Destination("sms", run.known(Facts).phone)


def named_in_sms(run: Run) -> Mapping[str, str]:
    return {"company": company_of(run).name, "administrator": person.name_of(run.tx, run.person_id)}


@dataclass(frozen=True, kw_only=True)
class SpokenCode(CodeStep):
    """The code that an administrator reads to a user. Sets `phone_proved`; `whom` names the person on the page."""

    whom: Callable[[Run], str]
    name: str = "spoken-code"
    purpose: str = Purpose.ADMIN_PHONE_PROOF
    title: Text = text("Enter the code sent to the user")
    destination: Callable[[Run], Destination] = destination
    values: Callable[[Run], Mapping[str, str]] = named_in_sms
    needed: Callable[[Run], bool] = lambda run: bool(run.known(Facts).phone)
    proved: Facts = Facts(phone_proved=True)
    template: str = "spoken-code"

    def page(self, run: Run) -> Mapping[str, object]:
        return {**super().page(run), "whom": self.whom(run)}

    def limits_of_action(self, run: Run, action: str) -> Iterable[Debit]:
        yield debit(run)
