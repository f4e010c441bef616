"""A phone that the desk agreed to replace: the code from the mailbox that lets the person name another, and its end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flows.engine.flow import Debit
from flows.engine.run import Run
from flows.methods.method import tries
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.code import CodeForm, CodeStep
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.notices import notice
from idp.people import emails, phone_replacements
from idp.wording import Text, text

KEPT = "phone_kept"


def own_mailbox(run: Run) -> Destination:
    """Return the person's address; a code goes nowhere where they have none that they proved."""
    address = emails.of_person(run.tx, run.person_id)
    known = address is not None and address.verified_at is not None
    return Destination("email", address.address if address is not None and known else "")


def has_mailbox(run: Run) -> bool:
    return bool(own_mailbox(run).address)


@dataclass(frozen=True, kw_only=True)
class ProveMailbox(CodeStep):
    """Sets `mailbox_proved`. Wrong codes count as those of a second step do."""

    name: str = "lost-phone-code"
    purpose: str = Purpose.SIGN_IN_MAIL
    title: Text = text("Your phone is being replaced")
    destination: Callable[[Run], Destination] = own_mailbox
    needed: Callable[[Run], bool]
    proved: Facts = Facts(mailbox_proved=True)
    template: str = "lost-phone-code"

    def applies(self, run: Run) -> bool:
        return self.needed(run) and has_mailbox(run)

    def limits(self, run: Run, form: CodeForm) -> Iterable[Debit]:
        yield from tries(run)


def is_there(run: Run, person_id: str) -> None:
    """Cancel the replacement of a phone that just showed a code: it is not lost. The mailbox is notified."""
    reference = phone_replacements.cancel(run.tx, person_id, reason=phone_replacements.OLD_PHONE)
    if reference:
        notice.tell(run.tx, person_id, KEPT, occasion.of_run(run), reference=reference)
