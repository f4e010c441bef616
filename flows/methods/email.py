"""A code to the person's login address."""

from flows.engine.run import Run
from flows.methods.sent_code import SentCode
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


METHOD = MailCode()
