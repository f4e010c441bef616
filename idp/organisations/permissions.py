"""A person's permissions for an organisation, read from the database with each request (B-30, B-52)."""

import sqlalchemy as sa

from idp.database import Transaction
from idp.organisations.membership import ACTIVE, Membership
from idp.organisations.organisation import ACTIVE as ORGANISATION_ACTIVE
from idp.organisations.organisation import Organisation
from idp.people.enrolments import Enrolment
from idp.people.person import Person

HELD_BY_ADMINISTRATOR = (
    Membership.organisation_id == Organisation.id,
    Membership.person_id == sa.bindparam("person"),
    Membership.state == ACTIVE,
    Membership.is_administrator,
    Organisation.state == ORGANISATION_ACTIVE,
)
ADMINISTERED_ONE = sa.select(Organisation).where(
    *HELD_BY_ADMINISTRATOR, Organisation.id == sa.bindparam("organisation")
)
ADMINISTRATOR = (
    sa.select(Person)
    .join(Membership, Membership.person_id == Person.id)
    .join(Organisation, Organisation.id == Membership.organisation_id)
    .where(*HELD_BY_ADMINISTRATOR, Organisation.id == sa.bindparam("organisation"))
)
_ACTIVE = sa.select(Membership.id).where(Membership.person_id == sa.bindparam("person"), Membership.state == ACTIVE)
PHONE_IN_THEIR_HANDS = sa.select(
    sa.and_(
        sa.exists(_ACTIVE.where(Membership.organisation_id == sa.bindparam("organisation"))),
        ~sa.exists(_ACTIVE.where(Membership.organisation_id != sa.bindparam("organisation"))),
        ~sa.exists().where(
            Enrolment.person_id == sa.bindparam("person"),
            Enrolment.ended_at.is_(None),
            Enrolment.portal != sa.bindparam("portal"),
        ),
    )
)


def administered(tx: Transaction, person_id: str, organisation_id: str) -> Organisation | None:
    """Return the active organisation, if the person is one of its active administrators."""
    return tx.session.scalar(ADMINISTERED_ONE, {"person": person_id, "organisation": organisation_id})


def administrator(tx: Transaction, person_id: str, organisation_id: str) -> Person | None:
    """Return the person, if they are an active administrator of this active organisation."""
    return tx.session.scalar(ADMINISTRATOR, {"person": person_id, "organisation": organisation_id})


def administers(tx: Transaction, person_id: str, organisation_id: str) -> bool:
    """Return whether the person is an active administrator of this active organisation."""
    return administered(tx, person_id, organisation_id) is not None


def may_change_phone(tx: Transaction, person_id: str, organisation_id: str, *, portal: str) -> bool:
    """Return whether the organisation's administrators may replace the person's number (B-41).

    They may not if the person no longer acts for it, acts for another organisation, or is enrolled at a portal other
    than this one (its client id): « cette personne gère elle-même son numéro ».
    """
    asked = {"person": person_id, "organisation": organisation_id, "portal": portal}
    return bool(tx.execute(PHONE_IN_THEIR_HANDS, asked).scalar())
