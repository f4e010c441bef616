"""A person's permissions for an organisation, read from the database with each request (B-30, B-52)."""

import sqlalchemy as sa

from idp.database import Transaction
from idp.organisations.membership import ACTIVE, Membership
from idp.organisations.organisation import ACTIVE as ORGANISATION_ACTIVE
from idp.organisations.organisation import Organisation
from idp.people import enrolments

HELD_BY_ADMINISTRATOR = (
    Membership.organisation_id == Organisation.id,
    Membership.person_id == sa.bindparam("person"),
    Membership.state == ACTIVE,
    Membership.is_administrator,
    Organisation.state == ORGANISATION_ACTIVE,
)
ADMINISTERED = sa.select(Organisation.id).where(*HELD_BY_ADMINISTRATOR).order_by(Organisation.name, Organisation.id)
ADMINISTERED_ONE = sa.select(Organisation).where(
    *HELD_BY_ADMINISTRATOR, Organisation.id == sa.bindparam("organisation")
)
ACTIVE_AT = sa.select(Membership.organisation_id).where(
    Membership.person_id == sa.bindparam("person"), Membership.state == ACTIVE
)


def administered_by(tx: Transaction, person_id: str) -> list[str]:
    """Return the ids of the active organisations this person administers, by name."""
    return [row.id for row in tx.execute(ADMINISTERED, {"person": person_id})]


def administered(tx: Transaction, person_id: str, organisation_id: str) -> Organisation | None:
    """Return the active organisation, if the person is one of its active administrators."""
    return tx.session.scalar(ADMINISTERED_ONE, {"person": person_id, "organisation": organisation_id})


def administers(tx: Transaction, person_id: str, organisation_id: str) -> bool:
    """Return whether the person is an active administrator of this active organisation."""
    return administered(tx, person_id, organisation_id) is not None


def may_change_phone(tx: Transaction, person_id: str, organisation_id: str, *, portal: str) -> bool:
    """Return whether the organisation's administrators may replace the person's number (B-41).

    They may not if the person no longer acts for it, acts for another organisation, or is enrolled at a portal other
    than this one (its client id): « cette personne gère elle-même son numéro ».
    """
    here_only = {row.organisation_id for row in tx.execute(ACTIVE_AT, {"person": person_id})} == {organisation_id}
    return here_only and set(enrolments.portals(tx, person_id)) <= {portal}
