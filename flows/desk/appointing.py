"""Appoint a supervisor: one supervisor of a fund or portal prepares it, and another one of the same place confirms it.

Otherwise a supervisor could appoint a second account of their own, and confirm with it whatever they prepared.
"""

from collections.abc import Sequence
from dataclasses import replace

from flask import redirect
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms, second_person
from flows.desk.second_person import Outcome
from flows.desk.visit import DeskVisit
from idp.people.email_address import Email
from idp.staff import accounts, appointments, employing, prepared_acts
from idp.staff.appointments import Act, Appointment, Role, Scope
from idp.staff.prepared_acts import CONFIRMED, ActPlan, PreparedAct
from idp.wording import Text, text

NAME = "appoint-supervisor"
EXPLAINS = text("They can then reveal, delete, manage staff, and confirm what other supervisors prepare: %(place)s.")


def given_alone(visit: DeskVisit, email: Email, wanted: Appointment) -> Appointment:
    """Return what one supervisor gives to the invited: instead of a new supervisor's the role they have, or reader."""
    if wanted.role != Role.SUPERVISOR:
        return wanted
    known = accounts.held_by_email(visit.tx, email)
    is_kept = known is not None and known.state != accounts.DISABLED
    theirs = appointments.of_staff(visit.tx, known.id) if known is not None and is_kept else ()
    here = [each for each in theirs if each.place == wanted.place]
    if any(each.role == Role.SUPERVISOR for each in here):
        return wanted
    return here[0] if here else replace(wanted, role=Role.READER)


def prepare(visit: DeskVisit, staff_id: str, wanted: Sequence[Appointment], reason: str) -> Text | None:
    """Let these appointments wait for a second supervisor, each of its place. A `Text` says why one does not."""
    planned = [
        ActPlan(act=NAME, kind=prepared_acts.STAFF, subject_id=staff_id, other_id=each.place, reason=reason)
        for each in wanted
    ]
    refused = [second_person.prepare(visit, each) for each in planned]
    return next(filter(None, refused), None)


def show_prepared(visit: DeskVisit, staff_id: str, act_id: str, error: Text | None = None) -> AnyResponse:
    """The page on which a second supervisor decides."""
    row, wanted = _waiting(visit, staff_id, act_id)
    theirs = appointments.of_staff(visit.tx, staff_id)
    name = appointments.name_at(theirs, visit.scope(Act.STAFF)) or accounts.name_of(visit.tx, staff_id)
    explains = replace(EXPLAINS, values={"place": _place_name(visit, wanted)})
    return second_person.page(visit, row, explains, error, name=name, back=rooms.STAFF.path)


def decide_prepared(visit: DeskVisit, staff_id: str, act_id: str) -> AnyResponse:
    """Confirm, refuse or withdraw it."""
    row, wanted = _waiting(visit, staff_id, act_id)
    decision = second_person.decision_of()
    refused = second_person.decide(
        visit, row, Act.STAFF, lambda scope: _is_within(wanted, scope), lambda: _appoint(visit, staff_id, wanted, row)
    )
    if refused is not None:
        return show_prepared(visit, staff_id, act_id, refused)
    done = "saved" if decision == CONFIRMED else decision
    return redirect(f"{rooms.STAFF.path}?done={done}", 303)


def _waiting(visit: DeskVisit, staff_id: str, act_id: str) -> tuple[PreparedAct, Appointment]:
    """Return the act and its appointment; 404 for other places, and for the one who is to be appointed."""
    row = second_person.named(visit, act_id, prepared_acts.STAFF, staff_id)
    wanted = appointments.at_place(Role.SUPERVISOR, row.other_id)
    if staff_id == visit.staff.id or not _is_within(wanted, visit.scope(Act.STAFF)):
        raise NotFound
    return row, wanted


def _appoint(visit: DeskVisit, staff_id: str, wanted: Appointment, row: PreparedAct) -> Outcome:
    accounts.held(visit.tx, staff_id)  # nobody changes them meanwhile
    everything = appointments.of_staff(visit.tx, staff_id)
    others = [each for each in everything if each.place != wanted.place]
    if len(others) == len(everything):
        return False  # they work there no more
    return employing.appoint(visit.tx, staff_id, [*others, wanted], by=visit.actor, reason=row.reason)


def _is_within(wanted: Appointment, scope: Scope) -> bool:
    return wanted.place in scope.places


def _place_name(visit: DeskVisit, wanted: Appointment) -> str:
    fund, language = visit.registry.fund(wanted.fund) if wanted.fund else None, visit.theme.language
    return fund.name_in(language) if fund is not None else visit.registry.name_of(wanted.portal, language)
