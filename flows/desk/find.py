"""« Rechercher »: one field for everything a caller can name, and the reason for opening what was found.

What was typed travels sealed in the address of the hits, so that Back and a refresh show them again and no log learns
it. It opens in the session that typed it.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms, second_person
from flows.desk.visit import DeskVisit
from idp.sealing import CannotOpen
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
TYPED = "typed"
PURPOSE = "desk-search"
LONGEST_REASON = 200
NO_REASON = text("Enter a reason, for example the case number. The person can see that you looked.")


def show(visit: DeskVisit) -> Response:
    """The empty field, or the hits of what was typed in this session."""
    sealed = request.args.get(TYPED, "")
    try:
        typed = visit.provider.sealer.open(PURPOSE, sealed, context=visit.session.id).decode() if sealed else ""
    except CannotOpen:
        return _page(visit)
    if not sealed or not visit.may(Act.SEE):
        return _page(visit)
    return _page(visit, typed=typed, result=finding.find_again(visit.tx, visit.scope(), visit.registry, typed))


def search(visit: DeskVisit) -> AnyResponse:
    """Search and lead to the hits, or open a record for the reason that was given."""
    wanted = request.form.get("open", "")
    if wanted:
        return _open(visit, wanted)
    typed = request.form.get("q", "")[: finding.LONGEST + 1]  # one too long finds nothing
    finding.find(visit.tx, visit.scope(), visit.registry, typed)
    sealed = visit.provider.sealer.seal(PURPOSE, typed.encode(), context=visit.session.id)
    return redirect(f"{rooms.HOME}?{urlencode({TYPED: sealed})}", 303)


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
    then = request.form.get("then", "")
    if not reason and "q" not in request.form:
        return ask_reason(visit, kind, subject_id, then=then, errors={"reason": NO_REASON})
    if not reason:
        typed = request.form.get("q", "")
        result = finding.find(visit.tx, visit.scope(), visit.registry, typed)
        return _page(visit, typed=typed, result=result, errors={"reason": NO_REASON})
    looks.take(visit.tx, visit.session.id, kind, subject_id, reason=reason)
    return redirect(then if rooms.INSIDE.fullmatch(then) else rooms.record(kind, subject_id), 303)


def ask_reason(
    visit: DeskVisit,
    kind: Kind,
    subject_id: str,
    *,
    then: str = "",
    proposed: str = "",
    errors: Mapping[str, Text] | None = None,
) -> Response:
    """Ask for the reason of a look, without a word about whose record it is; `then` is the page to lead on to."""
    return visit.page(
        "reason.html",
        rooms.FIND,
        status=422 if errors else 200,
        errors=errors or {},
        kind=KINDS[kind],
        wanted=f"{kind}:{subject_id}",
        why=proposed,
        then=then,
    )


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
