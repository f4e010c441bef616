"""A code to the person's proved number, or to the first one, given in this run (B-50). A right code makes it theirs."""

from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.methods.sent_code import SentCode, SentCodeForm
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps import lost_phone
from idp import methods
from idp.actions.actor import Actor
from idp.actions.phones import change_phone, confirm_phone
from idp.codes.rules import Purpose
from idp.organisations import organisation_claims
from idp.people import phones
from idp.wording import text


class SmsCode(SentCode):
    name = methods.SMS
    label = text("Get the code by text message")
    purpose = Purpose.SIGN_IN_SMS
    channel = "sms"

    def address(self, run: Run) -> str:
        phone = phones.in_hand(run.tx, run.person_id)
        if phone is None:
            return run.known(Facts).phone
        served = _organisations(run) if phone.provisional_for else frozenset()
        return phone.number if phone.serves_sign_in(served) else ""

    def confirms(self, run: Run) -> bool:
        return phones.in_hand(run.tx, run.person_id) is None

    def purpose_of(self, run: Run) -> str:
        return Purpose.PHONE_PROOF if self.confirms(run) else self.purpose

    def submit(self, run: Run, form: SentCodeForm, prepared: None) -> Outcome:
        outcome = super().submit(run, form, prepared)
        if isinstance(outcome, Done) and phones.in_hand(run.tx, run.person_id) is None:
            own = run.session.id if run.session is not None and run.session.person_id == run.person_id else ""
            by = Actor.person(run.person_id)
            change_phone(run.tx, run.person_id, run.known(Facts).phone, occasion.of_run(run), by=by, but=own)
        elif isinstance(outcome, Done):
            confirm_phone(run.tx, run.person_id, self.address(run))
            lost_phone.is_there(run, run.person_id)
        return outcome


def _organisations(run: Run) -> frozenset[str]:
    funds = tuple(fund.code for fund in run.client.funds)
    return frozenset(entry["id"] for entry in organisation_claims.for_claims(run.tx, run.person_id, funds))


METHOD = SmsCode()
