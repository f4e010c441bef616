"""A code by mail or SMS, as the second step of signing in."""

from collections.abc import Mapping

from flows.engine.outcomes import Refused
from flows.engine.run import Run
from flows.steps import code_sending, notices
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.organisations import organisation_claims
from idp.people import emails, phones
from idp.sessions import assurance, ending
from idp.wording import text


class MailCode:
    """To the person's login address."""

    name = assurance.EMAIL
    label = text("Get the code by e-mail")

    def is_available(self, run: Run, person_id: str) -> bool:
        address = emails.of_person(run.tx, person_id)
        return address is not None and address.verified_at is not None

    def begin(self, run: Run, person_id: str) -> None:
        address = emails.of_person(run.tx, person_id)
        if address is not None:
            code_sending.send(run, Purpose.SIGN_IN_MAIL, _mailbox(address.address), person_id=person_id)

    def page(self, run: Run, person_id: str) -> Mapping[str, object]:
        return code_sending.page(run, Purpose.SIGN_IN_MAIL, "email")

    def check(self, run: Run, person_id: str, typed: str) -> Refused | None:
        address = emails.of_person(run.tx, person_id)
        return code_sending.redeem(run, Purpose.SIGN_IN_MAIL, typed, _mailbox(address.address if address else ""))


class SmsCode:
    """To the person's proved number, or to the first one, given in this run (B-50). A right code makes it theirs."""

    name = assurance.SMS
    label = text("Get the code by SMS")

    def is_available(self, run: Run, person_id: str) -> bool:
        return bool(_number(run, person_id))

    def begin(self, run: Run, person_id: str) -> None:
        code_sending.send(run, Purpose.SIGN_IN_SMS, _phone(run, person_id), person_id=person_id)

    def page(self, run: Run, person_id: str) -> Mapping[str, object]:
        return code_sending.page(run, Purpose.SIGN_IN_SMS, "sms")

    def check(self, run: Run, person_id: str, typed: str) -> Refused | None:
        refused = code_sending.redeem(run, Purpose.SIGN_IN_SMS, typed, _phone(run, person_id))
        if refused is None and phones.of_person(run.tx, person_id) is None:
            old = phones.give(run.tx, person_id, run.facts.phone, verified=True)
            own = run.session.id if run.session is not None and run.session.person_id == person_id else ""
            ending.end_all(run.tx, person_id, reason="phone-changed", but=own)
            notices.phone_changed(run, person_id, run.facts.phone, old=old)
        elif refused is None:
            phones.confirm(run.tx, person_id, _number(run, person_id))
        return refused


def _mailbox(address: str) -> Destination:
    return Destination("email", address)


def _phone(run: Run, person_id: str) -> Destination:
    return Destination("sms", _number(run, person_id))


def _number(run: Run, person_id: str) -> str:
    """The number that sign-in codes of this portal may go to; empty: none."""
    phone = phones.of_person(run.tx, person_id)
    if phone is None:
        return run.facts.phone
    served = _organisations(run, person_id) if phone.provisional_for else frozenset()
    return phone.number if phone.serves_sign_in(served) else ""


def _organisations(run: Run, person_id: str) -> frozenset[str]:
    funds = tuple(fund.code for fund in run.client.funds)
    return frozenset(entry["id"] for entry in organisation_claims.for_claims(run.tx, person_id, funds))
