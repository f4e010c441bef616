"""Acts that two members of staff do together: one prepares the act, and another one confirms or refuses it.

What waits stands on the first page, for everybody who may decide it. It is decided on a page below the record, which
opens for a reason like every record. The author may withdraw it, and never confirm it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms
from flows.desk.rooms import DeskRoom
from flows.desk.visit import DeskVisit
from idp.staff import accounts, appointments, done_alone, looks, prepared_acts
from idp.staff.accounts import ACTIVE, StaffAccount
from idp.staff.appointments import Act, Scope
from idp.staff.prepared_acts import CONFIRMED, REFUSED, WITHDRAWN, ActPlan, Decision, PreparedAct, SubjectKind
from idp.wording import Text, text

PREPARED = "prepared"
LABELS: Mapping[str, Text] = {
    "erase": text("Delete the account"),
    "merge": text("Merge with another account"),
    "close-company": text("Close the company"),
    "appoint-supervisor": text("Appoint as supervisor"),
    "order-letters": text("Order the letters"),
}
ROOMS: Mapping[str, DeskRoom] = {prepared_acts.STAFF: rooms.STAFF, prepared_acts.LETTER_JOB: rooms.LETTERS}
"""The rooms of acts that are on no record."""
DONE: Mapping[str, Text] = {
    PREPARED: text("Prepared. Another supervisor must confirm it within 24 hours."),
    REFUSED: text("Refused. Nothing was changed."),
    WITHDRAWN: text("Cancelled. Nothing was changed."),
}
DECISIONS: Mapping[str, Decision] = {each: each for each in (CONFIRMED, REFUSED, WITHDRAWN)}
CHANGED_MEANWHILE = text("Nothing was changed: someone else was faster, or this is no longer possible.")
WAITS_ALREADY = text("A second person already has to decide about this.")
AUTHOR_GONE = text("The person who prepared this is no longer allowed to do it. Refuse it, and prepare it again.")

Outcome = bool | Text
CarryOut = Callable[[], Outcome]


class _Undone(Exception):
    """Undoes what was written for an act that turns out to be impossible."""

    def __init__(self, why: Text) -> None:
        self.why = why


@dataclass(frozen=True)
class WaitingLine:
    """An act that waits. `author` is the name that the own places gave them; `address` leads to the decision.

    `may_decide`: or withdraw what is their own.
    """

    label: Text
    author: str
    until: datetime
    address: str
    is_own: bool
    may_decide: bool


def lines(visit: DeskVisit, kind: SubjectKind | None = None, subject_id: str = "") -> Sequence[WaitingLine]:
    """Return the acts that this member of staff may decide, or prepared.

    With a `kind`, those about subjects of that kind; with a `subject_id` as well, all about that one, which they see.
    """
    decides = visit.scope(Act.CONFIRM)
    scope = visit.scope(Act.SEE) if subject_id else decides
    found = prepared_acts.waiting(visit.tx, scope, kind=kind, subject_id=subject_id)
    if scope == decides:
        return [_line(visit, row) for row in found]
    own = (
        {row.id for row in prepared_acts.waiting(visit.tx, decides, kind=kind, subject_id=subject_id)} if found else ()
    )
    return [replace(_line(visit, row), may_decide=row.id in own) for row in found]


def is_needed(visit: DeskVisit, fund: str, people: int) -> bool:
    """Return whether two decide: with what this one did alone lately at the fund, it concerns too many people."""
    alone = done_alone.people(visit.tx, fund, visit.staff.id)
    return alone + people > visit.provider.settings.desk.second_person_above


def hold(visit: DeskVisit) -> None:
    """Let of two acts of this member of staff at the same moment the second one count the first."""
    accounts.held(visit.tx, visit.staff.id)


def prepare(visit: DeskVisit, planned: ActPlan) -> Text | None:
    """Let the act wait. A `Text` says why it does not."""
    return None if prepared_acts.prepare(visit.tx, planned, by=visit.staff.id) is not None else WAITS_ALREADY


def all_or_nothing(visit: DeskVisit, write: Callable[[], Text | None]) -> Text | None:
    """Write something, and undo it where it answers with a `Text` that says why it cannot be; returns that."""
    try:
        with visit.tx.savepoint():
            refused = write()
            if refused is not None:
                raise _Undone(refused)
    except _Undone as undone:
        return undone.why
    return None


def named(visit: DeskVisit, act_id: str, kind: SubjectKind, subject_id: str) -> PreparedAct:
    """Return the act that waits and is about this record; 404 for every other, and for who may not decide."""
    found = prepared_acts.by_id(visit.tx, act_id, kind, subject_id)
    if found is None or not visit.may(Act.CONFIRM):
        raise NotFound
    return found


def page(
    visit: DeskVisit, row: PreparedAct, explains: Text, error: Text | None = None, **values: object
) -> AnyResponse:
    """Show what was prepared, by whom and why, with the buttons of this member of staff."""
    return visit.page(
        "prepared.html",
        ROOMS.get(row.kind, rooms.FIND),
        None,
        409 if error is not None else 200,
        prepared=row,
        line=_line(visit, row),
        explains=explains,
        error=error,
        **{"merge": None, "people": 0, "identity": None, "facts": (), "back": _base(row), **values},
    )


def decide(visit: DeskVisit, row: PreparedAct, kind: Act, seen: Callable[[Scope], bool], act: CarryOut) -> Text | None:
    """Take the decision of the form, and carry the act out if it is confirmed: both or neither.

    A `Text` says why nothing was done. The author must still be entitled: `seen` is asked about the scope in which they
    may do this `kind` of act.
    """
    decision = decision_of()

    def decided() -> Text | None:
        author = accounts.held(visit.tx, row.prepared_by)  # before the act, like whoever orders letters
        if not prepared_acts.decide(visit.tx, row, decision, by=visit.staff.id):
            return CHANGED_MEANWHILE
        if decision != CONFIRMED:
            return None
        if not _is_entitled(visit, author, kind, seen):
            return AUTHOR_GONE
        outcome = act()
        if isinstance(outcome, Text):
            return outcome
        return None if outcome else CHANGED_MEANWHILE

    return all_or_nothing(visit, decided)


def decision_of() -> Decision:
    """Return the decision of the form; 404 for anything else."""
    found = DECISIONS.get(request.form.get("decision", ""))
    if found is None:
        raise NotFound
    return found


def _is_entitled(visit: DeskVisit, author: StaffAccount | None, kind: Act, seen: Callable[[Scope], bool]) -> bool:
    """Return whether the author may still do this `kind` of act where it is done."""
    if author is None or author.state != ACTIVE:
        return False
    return seen(appointments.scope_of(appointments.of_staff(visit.tx, author.id), kind, visit.registry))


def _line(visit: DeskVisit, row: PreparedAct) -> WaitingLine:
    theirs = appointments.of_staff(visit.tx, row.prepared_by)
    name = appointments.name_at(theirs, visit.scope()) or accounts.name_of(visit.tx, row.prepared_by)
    address = f"{_base(row)}/prepared/{row.id}"
    is_own = row.prepared_by == visit.staff.id
    return WaitingLine(LABELS[row.act], name, row.expires_at, address, is_own=is_own, may_decide=True)


def _base(row: PreparedAct) -> str:
    """Return the path that the page of the decision lies below."""
    if row.kind == prepared_acts.STAFF:
        return f"{rooms.STAFF.path}/{row.subject_id}"
    if row.kind == prepared_acts.LETTER_JOB:
        return rooms.letter_job(row.subject_id)
    return rooms.record(looks.COMPANY if row.kind == looks.COMPANY else looks.PERSON, row.subject_id)
