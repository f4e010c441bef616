"""The `organisations` claim: the companies a person acts for at a portal, with their rights."""

from typing import TypedDict

import sqlalchemy as sa

from idp.database import Transaction
from idp.organisations.membership import ACTIVE, Membership
from idp.organisations.organisation import ACTIVE as ORGANISATION_ACTIVE
from idp.organisations.organisation import Organisation

ACTED_FOR = (
    sa.select(
        Organisation.id,
        Organisation.number,
        Organisation.name,
        Organisation.fund,
        Membership.is_administrator,
        Membership.topics,
    )
    .join(Membership, Membership.organisation_id == Organisation.id)
    .where(
        Membership.person_id == sa.bindparam("person"),
        Membership.state == ACTIVE,
        Organisation.state == ORGANISATION_ACTIVE,
    )
    .order_by(Organisation.name, Organisation.id)
)


class OrganisationClaim(TypedDict):
    """A company as tokens name it."""

    id: str
    number: str
    name: str
    fund: str
    administrator: bool
    topics: list[str]


def for_claims(tx: Transaction, person_id: str, funds: tuple[str, ...]) -> list[OrganisationClaim]:
    """Return one entry per active membership in an active organisation of these funds (all when empty), by name."""
    rows = tx.execute(ACTED_FOR, {"person": person_id})
    return [
        {
            "id": row.id,
            "number": row.number,
            "name": row.name,
            "fund": row.fund,
            "administrator": row.is_administrator,
            "topics": row.topics,
        }
        for row in rows
        if not funds or row.fund in funds
    ]
