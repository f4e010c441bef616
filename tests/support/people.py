"""People to test with, made through the domain."""

from typing import Any

from idp.database import Transaction
from idp.people import accounts
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person


def email(typed: str) -> Email:
    found = normalise_email(typed)
    assert isinstance(found, Email), found
    return found


def person(tx: Transaction, address: str = "anne.rochat@example.ch", **more: Any) -> Person:
    """A person with this address; `more` are fields of `NewPerson`."""
    fields = {"given_name": "Anne", "family_name": "Rochat", "language": "fr", **more}
    created = accounts.create(tx, NewPerson(email=email(address), **fields), reason="test")
    assert isinstance(created, Person)
    return created
