"""Who may do what for an organisation, asked freshly from the database with each request (B-30, B-52)."""

import sqlalchemy as sa

from idp.database import Transaction
from idp.organisations.membership import ACTIVE, Membership
from idp.organisations.organisation import ACTIVE as ORGANISATION_ACTIVE
from idp.organisations.organisation import Organisation
from idp.people import enrolments

ADMINISTERED = (
    sa.select(Organisation.id)
    .join(Membership, Membership.organisation_id == Organisation.id)
    .where(
        Membership.person_id == sa.bindparam("person"),
        Membership.state == ACTIVE,
        Membership.is_administrator,
        Organisation.state == ORGANISATION_ACTIVE,
    )
    .order_by(Organisation.name, Organisation.id)
)
ACTIVE_HERE = sa.select(Membership.id).where(
    Membership.person_id == sa.bindparam("person"),
    Membership.organisation_id == sa.bindparam("organisation"),
    Membership.state == ACTIVE,
)
ELSEWHERE = sa.select(Membership.id).where(
    Membership.person_id == sa.bindparam("person"),
    Membership.organisation_id != sa.bindparam("organisation"),
    Membership.state == ACTIVE,
)


def administered_by(tx: Transaction, person_id: str) -> list[str]:
    """The ids of the active organisations this person administers, by name."""
    return [row.id for row in tx.execute(ADMINISTERED, {"person": person_id})]


def administers(tx: Transaction, person_id: str, organisation_id: str) -> bool:
    """Whether the person is an active administrator of this active organisation."""
    return organisation_id in administered_by(tx, person_id)


def may_change_phone(tx: Transaction, person_id: str, organisation_id: str, *, portal: str) -> bool:
    """Whether the organisation's administrators may replace the person's number (B-41).

    Not when the person acts for it no more, acts for another organisation, or is enrolled at another portal than this
    one (its client id): « cette personne gère elle-même son numéro ».
    """
    at = {"person": person_id, "organisation": organisation_id}
    here, elsewhere = tx.execute(ACTIVE_HERE, at).first(), tx.execute(ELSEWHERE, at).first()
    return here is not None and elsewhere is None and set(enrolments.portals(tx, person_id)) <= {portal}
