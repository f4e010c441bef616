"""The standard claims of a person (OIDC Core §5.1), complete for profile, email, phone and address (§5.4)."""

from typing import Any

from idp.database import Transaction
from idp.people import emails, person, phones
from idp.people.person import Person

FREE_CLAIMS = ("middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "zoneinfo")
"""Claims of the `profile` scope without a column: they live in `Person.claims`, like the `address` object."""


def of_person(tx: Transaction, person_id: str, scopes: frozenset[str]) -> dict[str, Any]:
    """The claims that these scopes ask for (profile, email, phone, address), without empty ones and without `sub`."""
    found = person.by_id(tx, person_id)
    if found is None:
        return {}
    claims: dict[str, Any] = {}
    if "profile" in scopes:
        claims |= _profile(found)
    if "email" in scopes:
        claims |= _email(tx, person_id)
    if "phone" in scopes:
        claims |= _phone(tx, person_id)
    if "address" in scopes:
        claims["address"] = found.claims.get("address")
    return {name: value for name, value in claims.items() if value not in (None, "", {})}


def _profile(found: Person) -> dict[str, Any]:
    return {name: found.claims.get(name) for name in FREE_CLAIMS} | {
        "name": found.full_name,
        "given_name": found.given_name,
        "family_name": found.family_name,
        "birthdate": found.birth_date.isoformat() if found.birth_date else "",
        "locale": found.language,
        "updated_at": int(found.updated_at.timestamp()),
    }


def _email(tx: Transaction, person_id: str) -> dict[str, Any]:
    email = emails.of_person(tx, person_id)
    return {"email": email.address, "email_verified": email.verified_at is not None} if email else {}


def _phone(tx: Transaction, person_id: str) -> dict[str, Any]:
    """A provisional number was proved by somebody else, so it does not count as verified (B-40)."""
    phone = phones.of_person(tx, person_id)
    if phone is None:
        return {}
    verified = phone.verified_at is not None and not phone.provisional_for
    return {"phone_number": phone.number, "phone_number_verified": verified}
