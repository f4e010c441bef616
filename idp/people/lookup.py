"""Lookup of a person by a typed identifier. The same statements always run, so that their cost reveals nothing."""

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


BY_EMAIL = sa.select(Person).join(EmailAddress).where(EmailAddress.key == sa.bindparam("key"))
BY_CUSTOMER_NUMBER = (
    sa.select(Person)
    .join(PortalIdentifier)
    .where(
        PortalIdentifier.portal == sa.bindparam("portal"),
        PortalIdentifier.kind == CUSTOMER,
        PortalIdentifier.key == sa.bindparam("key"),
    )
)
LEGACY_ACCOUNT = sa.select(LegacyAccount).where(
    LegacyAccount.portal == sa.bindparam("portal"), LegacyAccount.key == sa.bindparam("key")
)


def by_identifier(tx: Transaction, typed: str, *, portal: str) -> LookupResult:
    """Return the person with this login address or customer number of the portal, else its legacy account of that name.

    Three lookups, always all three. Any input is allowed and never fails.
    """
    at_portal = {"portal": portal, "key": identifier_key(typed)}
    by_email = tx.session.scalar(BY_EMAIL, {"key": email_key(typed)})
    by_number = tx.session.scalar(BY_CUSTOMER_NUMBER, at_portal)
    legacy = tx.session.scalar(LEGACY_ACCOUNT, at_portal)
    person = by_email or by_number
    return LookupResult(person, None if person else legacy)
