"""The persons within the reach of funds and portals, as SQL: the one condition of the desk, the API and web-hooks.

A person belongs to a fund through a company of theirs or through the register, and to a portal through an enrolment or
a number there. An enrolment that ended counts as long as it is kept (`retention.audit`).
"""

from collections.abc import Collection

import sqlalchemy as sa

from idp.database import Transaction
from idp.organisations.membership import Membership
from idp.organisations.organisation import Organisation
from idp.people.enrolments import Enrolment
from idp.people.insured import InsuredPerson
from idp.people.person import ERASED, Person
from idp.people.portal_identifiers import PortalIdentifier


def condition(*, funds: Collection[str], portals: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition for a row of `Person`."""
    of_funds, of_portals = sorted(funds), sorted(portals)
    return sa.and_(
        Person.state != ERASED,
        sa.or_(
            _has(Enrolment.person_id == Person.id, Enrolment.portal.in_(of_portals)),
            _has(PortalIdentifier.person_id == Person.id, PortalIdentifier.portal.in_(of_portals)),
            _has(InsuredPerson.person_id == Person.id, InsuredPerson.fund.in_(of_funds)),
            _has(
                Membership.person_id == Person.id,
                Membership.organisation_id == Organisation.id,
                Organisation.fund.in_(of_funds),
            ),
        ),
    )


def _has(*which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that there is such a row of the person.

    It is no EXISTS: for a few hundred persons PostgreSQL would read everybody of the portal or fund into memory first.
    """
    return sa.select(sa.literal(1)).where(*which).limit(1).correlate(Person).scalar_subquery().is_not(None)


def contains(tx: Transaction, person_id: str, *, funds: Collection[str], portals: Collection[str]) -> bool:
    """Return whether the person is one of them. Reads only."""
    theirs = sa.select(Person.id).where(Person.id == person_id, condition(funds=funds, portals=portals))
    return tx.execute(theirs).first() is not None
