"""The portals that a person's password opens, at whichever portal it was chosen (rulings 32).

A person has one password. It opens every portal they are enrolled at, and every portal that serves a company they act
for or are invited to. The strictest policy of these portals therefore decides how the password may be replaced, and
their words together are what it must not contain. Invited people have no enrolment, so both are asked.
"""

from collections.abc import Collection

import sqlalchemy as sa

from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.organisations.membership import ACTIVE, INVITED, IS_INVITED, Membership
from idp.organisations.organisation import ACTIVE as ORGANISATION_ACTIVE
from idp.organisations.organisation import Organisation
from idp.people import enrolments
from idp.people.emails import EmailAddress

ACTS_FOR = (
    sa.select(Organisation.fund)
    .join(Membership, Membership.organisation_id == Organisation.id)
    .where(
        Membership.person_id == sa.bindparam("person"),
        Membership.state == ACTIVE,
        Organisation.state == ORGANISATION_ACTIVE,
    )
)
INVITED_TO = (
    sa.select(Organisation.fund)
    .join(Membership, Membership.organisation_id == Organisation.id)
    .join(EmailAddress, EmailAddress.key == Membership.invited_as_key)  # an invitation knows an address only
    .where(
        IS_INVITED,
        EmailAddress.person_id == sa.bindparam("person"),
        Membership.state == INVITED,
        Organisation.state == ORGANISATION_ACTIVE,
    )
)
FUNDS = ACTS_FOR.union(INVITED_TO)


def portals_opened_by(tx: Transaction, registry: Registry, person_id: str) -> tuple[Client, ...]:
    """Return the portals that the person's password opens, by client id; the same two statements for everybody.

    A portal that is registered no more opens nothing. A portal that lets anybody in (`entry = "anyone"`) belongs to a
    person only by an enrolment.
    """
    enrolled = set(enrolments.portals(tx, person_id))
    funds = {row.fund for row in tx.execute(FUNDS, {"person": person_id})}
    return opened(registry, enrolled, funds)


def opened(registry: Registry, enrolled: Collection[str], funds: set[str]) -> tuple[Client, ...]:
    """Return the portals that open for who is enrolled at these, and acts for companies of these funds."""
    found = (client for client in registry.clients if client.client_id in enrolled or _serves(client, funds))
    return tuple(sorted(found, key=lambda client: client.client_id))


def _serves(client: Client, funds: set[str]) -> bool:
    """Return whether the portal serves companies of one of these funds; one that names no fund serves those of all."""
    if not client.funds:
        return bool(funds) and client.policy.entry == "membership"
    return any(fund.code in funds for fund in client.funds)
