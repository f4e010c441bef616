"""The situation of the person whose record is open, read with what this member of staff may see."""

from flows.desk.records import OpenRecord
from idp.people.person import Person
from idp.staff import situation
from idp.staff.situation import Situation


def situation_of(open_: OpenRecord[Person]) -> Situation:
    """Read what decides this person's next sign-in."""
    visit = open_.visit
    return situation.of_person(
        open_.tx,
        visit.scope(),
        open_.row,
        registry=visit.registry,
        limiter=visit.provider.limiter,
        name_of=lambda client_id: visit.registry.name_of(client_id, visit.theme.language),
    )
