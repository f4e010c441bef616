"""Lookup of a person by a typed identifier. The same statement always runs, so that its cost reveals nothing."""

from dataclasses import dataclass

import sqlalchemy as sa

from idp.database import Transaction
from idp.people.email_address import email_key
from idp.people.emails import EmailAddress
from idp.people.legacy import LegacyAccount
from idp.people.person import Person
from idp.people.portal_identifiers import CUSTOMER, PortalIdentifier, identifier_key


@dataclass(frozen=True)
class LookupResult:
    """At most one of the two is set. A legacy account comes in whatever state; a person may be disabled."""

    person: Person | None = None
    legacy: LegacyAccount | None = None


_BY_EMAIL = sa.select(EmailAddress.person_id).where(EmailAddress.key == sa.bindparam("email_key"))
_BY_CUSTOMER_NUMBER = sa.select(PortalIdentifier.person_id).where(
    PortalIdentifier.portal == sa.bindparam("portal"),
    PortalIdentifier.kind == CUSTOMER,
    PortalIdentifier.key == sa.bindparam("key"),
)
OWNER = sa.select(
    sa.func.coalesce(_BY_EMAIL.scalar_subquery(), _BY_CUSTOMER_NUMBER.scalar_subquery()).label("person_id")
).subquery("owner")
"""One row: the id of the person who is meant, if anybody is."""
FIND = (
    sa.select(Person, LegacyAccount)
    .select_from(OWNER)
    .outerjoin(Person, Person.id == OWNER.c.person_id)
    .outerjoin(
        LegacyAccount,
        sa.and_(LegacyAccount.portal == sa.bindparam("portal"), LegacyAccount.key == sa.bindparam("key")),
    )
)


def by_identifier(tx: Transaction, typed: str, *, portal: str) -> LookupResult:
    """Return the person with this login address or customer number of the portal, else its legacy account of that name.

    Any input is allowed and never fails.
    """
    person, legacy = tx.session.execute(FIND, asked(typed, portal=portal)).one()
    return result(person, legacy)


def asked(typed: str, *, portal: str) -> dict[str, str]:
    """Return the parameters of `FIND` and `OWNER` for what was typed."""
    return {"email_key": email_key(typed), "portal": portal, "key": identifier_key(typed)}


def result(person: Person | None, legacy: LegacyAccount | None) -> LookupResult:
    """Return the result of a row of `FIND`: the person comes before the legacy account of that name."""
    return LookupResult(person, None if person else legacy)
