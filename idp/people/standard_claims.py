"""The standard claims of a person (OIDC Core §5.1), complete for profile, email, phone and address (§5.4).

Read for every ID token and userinfo answer: one Core statement, whatever is asked for.
"""

from typing import Any

import sqlalchemy as sa

from idp.database import Transaction
from idp.people.emails import EmailAddress
from idp.people.person import Person
from idp.people.phones import Phone

FREE_CLAIMS = ("middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "zoneinfo")
"""Claims of the `profile` scope without a column: they live in `Person.claims`, like the `address` object."""

YEAR = 4
"""Letters of a year: a claim has the whole date or the year alone."""

KnownPerson = sa.Row[Any]
"""A row with all of `COLUMNS`."""

COLUMNS = (
    Person.given_name,
    Person.family_name,
    Person.birth_date,
    Person.birth_date_in_part,
    Person.language,
    Person.claims,
    Person.updated_at,
    EmailAddress.address,
    EmailAddress.verified_at.label("address_verified_at"),
    Phone.number,
    Phone.verified_at.label("number_verified_at"),
    Phone.provisional_for,
)
PEOPLE = sa.outerjoin(
    sa.outerjoin(Person, EmailAddress, EmailAddress.person_id == Person.id), Phone, Phone.person_id == Person.id
)
"""Where the columns come from, for statements that ask for more at once."""

KNOWN = sa.select(*COLUMNS).select_from(PEOPLE).where(Person.id == sa.bindparam("person"))


def of_person(tx: Transaction, person_id: str, scopes: frozenset[str]) -> dict[str, object]:
    """Return the claims of these scopes (profile, email, phone, address), without empty ones and without `sub`."""
    known = tx.execute(KNOWN, {"person": person_id}).first()
    return of_row(known, scopes) if known is not None else {}


def of_row(known: KnownPerson, scopes: frozenset[str]) -> dict[str, object]:
    """Return the same of a person who was read already."""
    claims: dict[str, object] = {}
    if "profile" in scopes:
        claims |= _profile(known)
    if "email" in scopes and known.address:
        claims |= {"email": known.address, "email_verified": known.address_verified_at is not None}
    if "phone" in scopes and known.number:
        claims |= {"phone_number": known.number, "phone_number_verified": _is_own(known)}
    if "address" in scopes:
        claims["address"] = known.claims.get("address")
    return {name: value for name, value in claims.items() if value not in (None, "", {})}


def _profile(known: KnownPerson) -> dict[str, object]:
    return {name: known.claims.get(name) for name in FREE_CLAIMS} | {
        "name": f"{known.given_name} {known.family_name}".strip(),
        "given_name": known.given_name,
        "family_name": known.family_name,
        "birthdate": known.birth_date.isoformat() if known.birth_date else known.birth_date_in_part[:YEAR],
        "locale": known.language,
        "updated_at": int(known.updated_at.timestamp()),
    }


def _is_own(known: KnownPerson) -> bool:
    """Return whether the person proved the number: a provisional one was proved by someone else (B-40)."""
    return known.number_verified_at is not None and not known.provisional_for
