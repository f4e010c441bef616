"""Two accounts of one person: which other one, and what a merge does, before anybody confirms it.

Staff choose among the records that are open in their session: each was found, seen, and opened for a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import acts, rooms
from flows.desk.person_act import PersonAct
from flows.desk.records import OpenRecord
from flows.desk.refusals import NO_MERGE
from flows.desk.visit import DeskVisit
from idp.actions import merging
from idp.actions.merging import MergePreview, NoMerge
from idp.messages.recipient import mask_email
from idp.people import emails
from idp.people.person import Person
from idp.staff import looks, visibility
from idp.staff.appointments import Act
from idp.wording import Text

OTHER = "other"


@dataclass(frozen=True)
class MergeCandidate:
    """An account that may be the same person's; the address is masked."""

    person: Person
    email: str


@dataclass(frozen=True)
class ShownMerge:
    """The other account and the results of a merge; `hindered` says why there can be none."""

    other: MergeCandidate
    preview: MergePreview | None
    hindered: Text | None
    portals: Sequence[str]


def choose(open_: OpenRecord[Person], act: PersonAct) -> AnyResponse:
    """The page on which the other account is chosen."""
    address = rooms.record(looks.PERSON, open_.row.id)
    candidates = [candidate(open_.visit, each) for each in _candidates(open_)]
    return open_.visit.page(
        "merge.html", rooms.FIND, record=open_, act=act, candidates=candidates, address=address, name=OTHER
    )


def chosen(open_: OpenRecord[Person]) -> str:
    """Return the id of the other account, if it is open in this session and within the staff's reach."""
    wanted = request.values.get(OTHER, "")
    return wanted if wanted and wanted in {each.id for each in _candidates(open_)} else ""


def candidate(visit: DeskVisit, person: Person) -> MergeCandidate:
    address = emails.of_person(visit.tx, person.id)
    return MergeCandidate(person, mask_email(address.address) if address is not None else "")


def within_reach(visit: DeskVisit, person_id: str) -> Person | None:
    """Return the person, if this member of staff may merge their account away."""
    found = visibility.person(visit.tx, visit.scope(Act.MERGE), person_id)
    return found if found is not None and acts.reaches_all_of(visit, Act.MERGE, person_id) else None


def shown(open_: OpenRecord[Person], other_id: str) -> ShownMerge | None:
    """Return what the page says of a merge with this account. None: it is out of reach (any more)."""
    visit, other = open_.visit, within_reach(open_.visit, other_id)
    if other is None:
        return None
    result = merging.preview(visit.tx, visit.registry, open_.row.id, other_id)
    if isinstance(result, NoMerge):
        return ShownMerge(candidate(visit, other), None, NO_MERGE[result.why], ())
    names = [visit.registry.name_of(each, visit.theme.language) for each in result.portals]
    return ShownMerge(candidate(visit, other), result, None, names)


def hindrance(open_: OpenRecord[Person], other_id: str) -> Text | None:
    """Return why the two cannot be merged now."""
    result = merging.preview(open_.tx, open_.visit.registry, open_.row.id, other_id)
    return NO_MERGE[result.why] if isinstance(result, NoMerge) else None


def _candidates(open_: OpenRecord[Person]) -> list[Person]:
    visit = open_.visit
    opened = (each for each in looks.opened_people(visit.tx, visit.session.id) if each != open_.row.id)
    found = (within_reach(visit, each) for each in opened)
    return [person for person in found if person is not None]
