"""An insured person who has no account yet: where their letter is, and a new one."""

from collections.abc import Mapping

from flask import redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import find, history, letters, rooms
from flows.desk.letter_jobs import fund_name
from flows.desk.records import OpenRecord
from flows.desk.visit import AfterCommit
from idp.actions import invitations
from idp.invitations import status
from idp.invitations.registration_code import RegistrationCodeDetails, RegistrationCodeState
from idp.people import insured as register
from idp.people.insured import InsuredPerson
from idp.staff import looks
from idp.staff.appointments import Act
from idp.wording import LocalDay, Text, text

STATES: Mapping[str, tuple[Text, str]] = {
    RegistrationCodeState.CREATED: (text("Prepared, not printed yet"), "waiting"),
    RegistrationCodeState.SENT: (text("Letter sent"), "waiting"),
    RegistrationCodeState.OPENED: (text("Code typed, registration not finished"), "waiting"),
    RegistrationCodeState.USED: (text("Used"), "good"),
    RegistrationCodeState.EXPIRED: (text("Expired"), "bad"),
    RegistrationCodeState.WITHDRAWN: (text("Withdrawn"), "off"),
    RegistrationCodeState.REPLACED: (text("Replaced by a newer one"), "off"),
}
DONE = {"withdrawn": text("The letter was withdrawn. Its code does not work any more.")}


def show(open_: OpenRecord[InsuredPerson], errors: Mapping[str, Text] | None = None) -> AnyResponse:
    visit, row = open_.visit, open_.row
    if row.person_id:
        return redirect(rooms.record(looks.PERSON, row.person_id), 303)
    details = register.by_id(open_.tx, row.id)
    codes = status.of_subject(open_.tx, row.id)
    by = history.Authors(visit, {code.created_by for code in codes})
    return visit.page(
        "insured.html",
        rooms.FIND,
        DONE.get(request.args.get("done", "")),
        422 if errors else 200,
        record=open_,
        details=details,
        fund=fund_name(visit, row.fund),
        letters=[(code, *STATES[code.state_at(open_.tx.now)], by.named(code.created_by)) for code in codes],
        sentence=explain(open_, codes),
        address=rooms.record(looks.INSURED, row.id),
        may_write=visit.may(Act.LETTERS, fund=row.fund),
        live=next((code for code in codes if code.live_at(open_.tx.now)), None),
        errors=errors or {},
    )


def explain(open_: OpenRecord[InsuredPerson], codes: list[RegistrationCodeDetails]) -> Text:
    """Return the sentence that says why this person has no account, from the state of the newest letter."""
    if not codes:
        return text("No letter was issued yet. Issue one.")
    newest, now = codes[0], open_.tx.now
    state = newest.state_at(now)
    if state == RegistrationCodeState.EXPIRED:
        return text("The letter expired on %(day)s. Issue a new one.", day=LocalDay(newest.expires_at))
    if state == RegistrationCodeState.CREATED:
        return text("The letter was ordered on %(day)s and is not printed yet.", day=LocalDay(newest.created_at))
    if state == RegistrationCodeState.OPENED and newest.opened_at is not None:
        return text(
            "The code was typed on %(day)s, but the registration was not finished. It is valid until %(until)s.",
            day=LocalDay(newest.opened_at),
            until=LocalDay(newest.expires_at),
        )
    if state == RegistrationCodeState.SENT and newest.sent_at is not None:
        return text(
            "The letter was sent on %(day)s and is valid until %(until)s. Nobody has typed its code yet.",
            day=LocalDay(newest.sent_at),
            until=LocalDay(newest.expires_at),
        )
    return text("No letter is valid at present. Issue a new one.")


def issue(open_: OpenRecord[InsuredPerson]) -> AnyResponse | AfterCommit:
    """Draw a new letter and hand it over as a file, once."""
    visit, row, reason = open_.visit, open_.row, find.reason_of()
    if not visit.may(Act.LETTERS, fund=row.fund):
        raise NotFound
    if not reason:
        return show(open_, {"reason": find.NO_REASON})
    outcome = letters.reissue(visit, row.fund, row.number, reason=reason)
    return show(open_, {"reason": outcome}) if isinstance(outcome, Text) else outcome


def withdraw(open_: OpenRecord[InsuredPerson]) -> AnyResponse:
    """End the live letter."""
    visit, row, reason = open_.visit, open_.row, find.reason_of()
    if not visit.may(Act.LETTERS, fund=row.fund):
        raise NotFound
    if not reason:
        return show(open_, {"reason": find.NO_REASON})
    for code in status.of_subject(open_.tx, row.id):
        if code.live_at(open_.tx.now):
            invitations.withdraw_code(open_.tx, code, by=visit.actor, reason=reason)
    return redirect(f"{rooms.record(looks.INSURED, row.id)}?done=withdrawn", 303)
