"""The persons that a program can see: people of its portals, insured persons and companies' people of its funds.

Everybody else does not exist for it, whatever it asks: the answer is the one about an id that was never given.
"""

import sqlalchemy as sa

from idp.api.caller import Caller
from idp.api.problem import NOT_FOUND, ApiProblem
from idp.database import Transaction
from idp.organisations.membership import Membership
from idp.organisations.organisation import Organisation
from idp.people.enrolments import Enrolment
from idp.people.insured import InsuredPerson
from idp.people.person import ERASED, Person

THEIRS = Person.id
ENROLLED = sa.exists().where(
    Enrolment.person_id == THEIRS,
    Enrolment.ended_at.is_(None),
    Enrolment.portal.in_(sa.bindparam("portals", expanding=True)),
)
INSURED = sa.exists().where(
    InsuredPerson.person_id == THEIRS, InsuredPerson.fund.in_(sa.bindparam("funds", expanding=True))
)
EMPLOYED = sa.exists().where(
    Membership.person_id == THEIRS,
    Membership.organisation_id == Organisation.id,
    Organisation.fund.in_(sa.bindparam("funds", expanding=True)),
)
VISIBLE = sa.select(Person).where(
    Person.id == sa.bindparam("person"), Person.state != ERASED, sa.or_(ENROLLED, INSURED, EMPLOYED)
)


def find(tx: Transaction, caller: Caller, person_id: str) -> Person | None:
    """Return the person if the program can see them; the same statement for everybody."""
    reach = {"portals": list(caller.access.portals), "funds": list(caller.access.funds)}
    return tx.session.scalar(VISIBLE, {"person": person_id, **reach})


def get(tx: Transaction, caller: Caller, person_id: str) -> Person:
    """Return the same. Raises `ApiProblem` where `find` returns None."""
    found = find(tx, caller, person_id)
    if found is None:
        raise ApiProblem(NOT_FOUND)
    return found
