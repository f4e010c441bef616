"""The pages of records. A record opens in a session once a reason was given, and only within the staff's scope."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import find
from flows.desk.visit import AfterCommit, DeskVisit, View
from idp.database import Base, Transaction
from idp.staff import looks
from idp.staff.appointments import Scope
from idp.staff.looks import Kind, StaffLook

Row = TypeVar("Row", bound=Base)


Seen = Callable[[Transaction, Scope, str], Base | None]
"""Returns the record of this id, if it is of the scope."""


@dataclass(frozen=True)
class OpenRecord(Generic[Row]):
    """A record that is open in this session: `look` says why."""

    visit: DeskVisit
    row: Row
    look: StaffLook

    @property
    def tx(self) -> Transaction:
        return self.visit.tx


def opened(kind: Kind, seen: Seen, view: View) -> View:
    """Give the view an `OpenRecord`. Records of others and unknown ones are 404; without a look the reason is asked."""

    def respond(visit: DeskVisit, subject_id: str, **named: str) -> AnyResponse | AfterCommit:
        row = seen(visit.tx, visit.scope(), subject_id)
        if row is None:
            raise NotFound
        look = looks.taken(visit.tx, visit.session.id, kind, subject_id)
        if look is None:
            return ask_reason(visit, kind, subject_id)
        return view(OpenRecord(visit, row, look), **named)

    respond.__name__, respond.__module__ = view.__name__, view.__module__
    return respond


def ask_reason(visit: DeskVisit, kind: Kind, subject_id: str) -> AnyResponse:
    """Ask for the reason, without a word about whose record it is, and lead on to this very page."""
    proposed = request.args.get("reason", "")[: find.LONGEST_REASON]
    then = request.path if request.method == "GET" else ""
    return find.ask_reason(visit, kind, subject_id, then=then, proposed=proposed)
