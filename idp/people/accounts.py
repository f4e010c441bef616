"""The life of a person: created, changed, disabled, enabled, erased."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from idp.database import Transaction
from idp.people.email_address import Email
from idp.people.emails import EmailTaken
from idp.people.person import Person


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What an account starts with. `phone` is E.164 or empty; `claims` further standard claims."""

    email: Email
    given_name: str
    family_name: str
    language: str
    honorific: str = ""
    birth_date: date | None = None
    email_verified: bool = True
    phone: str = ""
    phone_verified: bool = True
    phone_provisional_for: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


def create(tx: Transaction, new: NewPerson, *, reason: str) -> Person | EmailTaken:
    """Create the person with address and phone, or say that the address has an owner; then nothing was written."""
    raise NotImplementedError


def change_profile(tx: Transaction, person_id: str, **changes: Any) -> tuple[str, ...]:
    """Set columns of `Person` (given_name, family_name, honorific, birth_date, language) or standard claims by name.

    Returns the names that really changed. Raises `KeyError` for a name that is no profile claim.
    """
    raise NotImplementedError


def disable(tx: Transaction, person_id: str, *, reason: str) -> bool:
    """Stop every sign-in. The caller ends sessions and grants in the same transaction. False: was not active."""
    raise NotImplementedError


def enable(tx: Transaction, person_id: str, *, reason: str) -> bool:
    """Allow sign-in again; nothing that was ended comes back. False: was not disabled."""
    raise NotImplementedError


def erase(tx: Transaction, person_id: str, *, reason: str) -> bool:
    """Delete all personal data; the row stays as a tombstone, so that the `sub` is never reused. False: was erased."""
    raise NotImplementedError


def note_sign_in(tx: Transaction, person_id: str) -> None:
    """Remember the moment of the last complete sign-in."""
    raise NotImplementedError
