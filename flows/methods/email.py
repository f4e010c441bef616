"""A code to the person's login address. Who shows it has not lost the mailbox."""

from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.methods.sent_code import SentCode, SentCodeForm
from flows.shared.nothing_lost import keep_shown_mailbox
from idp import methods
from idp.codes.rules import Purpose
from idp.people import emails
from idp.wording import text


class MailCode(SentCode):
    name = methods.EMAIL
    label = text("Get the code by email")
    purpose = Purpose.SIGN_IN_MAIL
    channel = "email"

    def address(self, run: Run) -> str:
        address = emails.of_person(run.tx, run.person_id)
        return address.address if address is not None and address.verified_at is not None else ""

    def submit(self, run: Run, form: SentCodeForm, prepared: None) -> Outcome:
        outcome = super().submit(run, form, prepared)
        if isinstance(outcome, Done):
            keep_shown_mailbox(run, run.person_id)
        return outcome


METHOD = MailCode()
