"""« Rechercher »: one field for everything a caller can name, and the reason for opening what was found."""

from collections.abc import Mapping

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms, second_person
from flows.desk.visit import DeskVisit
from idp.staff import finding, looks, passkeys, visibility
from idp.staff.appointments import Act
from idp.staff.finding import SearchResult
from idp.staff.looks import Kind
from idp.wording import Text, text

KINDS: Mapping[Kind, Text] = {
    looks.PERSON: text("Person"),
    looks.INSURED: text("Insured person without an account"),
    looks.FORMER: text("Old account, not moved yet"),
    looks.COMPANY: text("Company"),
}
DONE: Mapping[str, Text] = {
    "erase": text("The account was deleted. The person has been told."),
}
LONGEST_REASON = 200
NO_REASON = text("Enter a reason, for example the case number. The person can see that you looked.")


def show(visit: DeskVisit) -> Response:
    """The empty field."""
    return _page(visit)


def search(visit: DeskVisit) -> AnyResponse:
    """Show what was found, or open a record for the reason that was given."""
    wanted = request.form.get("open", "")
    if wanted:
        return _open(visit, wanted)
    typed = request.form.get("q", "")
    result = finding.find(visit.tx, visit.scope(), visit.registry, typed)
    return _page(visit, typed=typed, result=result)


def is_seen(visit: DeskVisit, kind: Kind, subject_id: str) -> bool:
    """Return whether the record is of the staff's scope: the same statement for one that does not exist."""
    seen = {
        looks.PERSON: visibility.person,
        looks.COMPANY: visibility.company,
        looks.INSURED: visibility.insured,
        looks.FORMER: visibility.former,
    }[kind]
    return seen(visit.tx, visit.scope(), subject_id) is not None


def reason_of() -> str:
    """Return the typed reason, in one line."""
    return " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]


def _open(visit: DeskVisit, wanted: str) -> AnyResponse:
    written, _, subject_id = wanted.partition(":")
    kind = next((each for each in KINDS if each == written), None)
    if kind is None or not is_seen(visit, kind, subject_id):
        raise NotFound
    reason = reason_of()
    if not reason:
        typed = request.form.get("q", "")
        result = finding.find(visit.tx, visit.scope(), visit.registry, typed)
        return _page(visit, typed=typed, result=result, errors={"reason": NO_REASON})
    looks.take(visit.tx, visit.session.id, kind, subject_id, reason=reason)
    then = request.form.get("then", "")
    return redirect(then if rooms.INSIDE.fullmatch(then) else rooms.record(kind, subject_id), 303)


def _page(
    visit: DeskVisit,
    *,
    typed: str = "",
    result: SearchResult | None = None,
    errors: Mapping[str, Text] | None = None,
) -> Response:
    return visit.page(
        "find.html",
        rooms.FIND,
        DONE.get(request.args.get("done", "")),
        422 if errors else 200,
        kinds=KINDS,
        q=typed,
        result=result,
        errors=errors or {},
        may_see=visit.may(Act.SEE),
        waiting=second_person.lines(visit),
        lacks_second_passkey=len(passkeys.of_staff(visit.tx, visit.staff.id)) < 2,
    )
