"""Close a company that left the fund: a supervisor alone, or two of them where it ends the access of many people."""

from flask import redirect
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import company, find, rooms, second_person
from flows.desk.records import OpenRecord
from flows.desk.second_person import Outcome
from idp.actions.companies import close_company
from idp.organisations import member_list
from idp.organisations.organisation import Organisation
from idp.staff import done_alone, looks, visibility
from idp.staff.appointments import Act
from idp.staff.prepared_acts import CONFIRMED, ActPlan, Decision
from idp.wording import Text

NAME = "close-company"


def close(open_: OpenRecord[Organisation]) -> AnyResponse:
    """Close the company, or prepare it where more people are concerned than one supervisor decides about."""
    visit, reason = open_.visit, find.reason_of()
    _check_role(open_)
    if not reason:
        return company.show(open_, {"close-reason": find.NO_REASON})
    second_person.hold(visit)
    fund, people = open_.row.fund, _people(open_)
    if second_person.is_needed(visit, fund, people):
        planned = ActPlan(act=NAME, kind=looks.COMPANY, subject_id=open_.row.id, reason=reason)
        refused, done = second_person.prepare(visit, planned), second_person.PREPARED
    else:
        outcome, done = _close(open_, reason), company.CLOSED
        refused = None if outcome is True else company.GONE
        if refused is None:
            done_alone.note(visit.tx, fund, visit.staff.id, people)
    return company.show(open_, {"close-reason": refused}) if refused is not None else company.finished(open_, done)


def show_prepared(open_: OpenRecord[Organisation], act_id: str, error: Text | None = None) -> AnyResponse:
    """The page on which a second supervisor decides."""
    _check_role(open_)
    row = second_person.named(open_.visit, act_id, looks.COMPANY, open_.row.id)
    return second_person.page(open_.visit, row, company.CLOSING, error, name=open_.row.name, people=_people(open_))


def decide_prepared(open_: OpenRecord[Organisation], act_id: str) -> AnyResponse:
    """Confirm, refuse or withdraw it."""
    _check_role(open_)
    visit, company_id = open_.visit, open_.row.id
    row = second_person.named(visit, act_id, looks.COMPANY, company_id)
    decision: Decision = second_person.decision_of()
    refused = second_person.decide(
        visit,
        row,
        Act.BULK,
        lambda scope: visibility.company(visit.tx, scope, company_id) is not None,
        lambda: _close(open_, row.reason),
    )
    if refused is not None:
        return show_prepared(open_, act_id, refused)
    done = company.CLOSED if decision == CONFIRMED else decision
    return redirect(f"{rooms.record(looks.COMPANY, company_id)}?done={done}", 303)


def _check_role(open_: OpenRecord[Organisation]) -> None:
    if not open_.visit.may(Act.BULK, fund=open_.row.fund):
        raise NotFound


def _people(open_: OpenRecord[Organisation]) -> int:
    """Return how many people lose their access for the company."""
    return member_list.counts(open_.tx, open_.row.id).active


def _close(open_: OpenRecord[Organisation], reason: str) -> Outcome:
    sender = company.sender_of(open_, company.printer_of(open_))
    closed = close_company(open_.tx, open_.row, sender, by=open_.visit.actor, reason=reason)
    open_.tx.session.refresh(open_.row)
    return closed is not None
