"""The authors of events: staff with their appointments, and people with their names, in one statement for a page."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from idp.audit.authors import CLERK
from idp.database import Transaction
from idp.people.person import Person
from idp.staff.accounts import StaffAccount
from idp.staff.appointments import Appointment, StaffRole

NOTHING = sa.literal("", sa.Text)
AUTHORS = sa.union_all(
    sa.select(
        (sa.literal(CLERK, sa.Text) + StaffAccount.id).label("author"),
        StaffAccount.name.label("name"),
        sa.func.coalesce(StaffRole.role, "").label("role"),
        sa.func.coalesce(StaffRole.fund, "").label("fund"),
        sa.func.coalesce(StaffRole.portal, "").label("portal"),
        sa.func.coalesce(StaffRole.name, "").label("name_there"),
    )
    .outerjoin(StaffRole, StaffRole.staff_id == StaffAccount.id)
    .where(StaffAccount.id.in_(sa.bindparam("staff", expanding=True))),
    sa.select(Person.id, Person.given_name + " " + Person.family_name, NOTHING, NOTHING, NOTHING, NOTHING).where(
        Person.id.in_(sa.bindparam("people", expanding=True))
    ),
)


@dataclass(frozen=True)
class EventAuthor:
    """A member of staff, or a person: without appointments."""

    name: str
    appointments: tuple[Appointment, ...] = ()


def known(tx: Transaction, authors: Iterable[str]) -> dict[str, EventAuthor]:
    """Return those who are staff or people, by what the audit trail calls them. Reads nothing where there are none."""
    asked = {author for author in authors if author}
    staff = sorted(author.removeprefix(CLERK) for author in asked if author.startswith(CLERK))
    people = sorted(author for author in asked if ":" not in author)
    if not staff and not people:
        return {}
    found: dict[str, EventAuthor] = {}
    for row in tx.execute(AUTHORS, {"staff": staff, "people": people}):
        before = found[row.author].appointments if row.author in found else ()
        more = (Appointment(row.role, row.fund, row.portal, row.name_there),) if row.role else ()
        found[row.author] = EventAuthor(row.name.strip(), before + more)
    return found
