"""The life of a person: created, changed, disabled, enabled, erased."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from idp import random_values
from idp.audit.events.people import PersonCreated, PersonDisabled, PersonEnabled, PersonErased, ProfileChanged
from idp.audit.log import record
from idp.database import Transaction
from idp.hot_statements import HotStatement
from idp.people import emails, phones
from idp.people.birth_date import BirthDate
from idp.people.email_address import Email
from idp.people.emails import EmailAddress, EmailTaken
from idp.people.enrolments import Enrolment
from idp.people.legacy import LegacyAccount
from idp.people.person import ACTIVE, DISABLED, ERASED, Person, held
from idp.people.phones import Phone
from idp.people.portal_identifiers import PortalIdentifier
from idp.people.standard_claims import FREE_CLAIMS

COLUMNS = frozenset({"given_name", "family_name", "honorific", "birth_date", "language"})
ATTRIBUTES = {"birth_date": "born"}  # of two columns
CLAIMS = frozenset({*FREE_CLAIMS, "address"})
NOTE_SIGN_IN = HotStatement(
    sa.update(Person.__table__)  # type: ignore[arg-type]
    .where(Person.id == sa.bindparam("person"))
    .values(last_sign_in_at=sa.bindparam("now"))
)
PERSONAL = (EmailAddress, Phone, PortalIdentifier, Enrolment, LegacyAccount)


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """The initial data of an account. `phone` is in E.164 or empty; `claims` are further standard claims."""

    email: Email
    given_name: str
    family_name: str
    language: str
    honorific: str = ""
    birth_date: BirthDate | None = None
    email_verified: bool = True
    phone: str = ""
    phone_verified: bool = True
    phone_provisional_for: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)


class _AddressTaken(Exception):
    """Rolls back the creation of a person whose address has an owner already."""

    def __init__(self, taken: EmailTaken) -> None:
        self.taken = taken


def create(tx: Transaction, new: NewPerson, *, reason: str) -> Person | EmailTaken:
    """Create the person with address and phone, or say that the address has an owner; then nothing was written."""
    person = Person(
        id=random_values.new_id(tx.now),
        given_name=new.given_name,
        family_name=new.family_name,
        language=new.language,
        honorific=new.honorific,
        claims=dict(new.claims),
        created_at=tx.now,
        updated_at=tx.now,
    )
    person.born = new.birth_date
    try:
        with tx.savepoint():
            tx.add(person)
            record(tx, PersonCreated(person_id=person.id, reason=reason))
            given = emails.give(tx, person.id, new.email, verified=new.email_verified)
            if isinstance(given, EmailTaken):
                raise _AddressTaken(given)
    except _AddressTaken as refused:
        return refused.taken
    if new.phone:
        verified, provisional_for = new.phone_verified, new.phone_provisional_for
        phones.give(tx, person.id, new.phone, verified=verified, provisional_for=provisional_for)
    return person


def change_profile(tx: Transaction, person_id: str, changes: Mapping[str, object]) -> tuple[str, ...]:
    """Set columns of `Person` (given_name, family_name, honorific, birth_date, language) or standard claims by name.

    Returns the names that really changed: none of an erased person. Raises `KeyError` for a name that is no profile
    claim or an unknown person.
    """
    person = held(tx, person_id)
    unknown = changes.keys() - COLUMNS - CLAIMS
    if unknown or person is None:
        raise KeyError(*unknown)
    if person.state == ERASED:
        return ()
    before = {
        name: getattr(person, ATTRIBUTES.get(name, name)) if name in COLUMNS else person.claims.get(name)
        for name in changes
    }
    changed = tuple(sorted(name for name, value in changes.items() if before[name] != value))
    for name in changed:
        if name in COLUMNS:
            setattr(person, ATTRIBUTES.get(name, name), changes[name])
        else:
            person.claims = {**person.claims, name: changes[name]}
    if changed:
        person.updated_at = tx.now
        record(tx, ProfileChanged(person_id=person_id, changed=changed))
    return changed


def disable(tx: Transaction, person_id: str, *, reason: str) -> str:
    """Stop every sign-in.

    Returns the reference of the event; empty: was not active.
    """
    if not _set_state(tx, person_id, ACTIVE, DISABLED):
        return ""
    return record(tx, PersonDisabled(person_id=person_id, reason=reason))


def enable(tx: Transaction, person_id: str, *, reason: str) -> bool:
    """Allow sign-in again; nothing that was ended comes back. False: was not disabled."""
    if not _set_state(tx, person_id, DISABLED, ACTIVE):
        return False
    record(tx, PersonEnabled(person_id=person_id, reason=reason))
    return True


def erase(tx: Transaction, person_id: str, *, reason: str) -> str:
    """Delete the personal data kept here; the row stays as a tombstone, so that the `sub` is never reused.

    Accepted terms stay: they are evidence without personal values. Returns the reference of the event; empty: unknown
    or erased already.
    """
    person = held(tx, person_id)
    if person is None or person.state == ERASED:
        return ""
    person.state, person.updated_at = ERASED, tx.now
    reference = record(tx, PersonErased(person_id=person_id, reason=reason))  # while it is known who knew the person
    person.given_name = person.family_name = person.honorific = person.language = ""
    person.born = person.last_sign_in_at = None
    person.claims = {}
    for table in PERSONAL:
        tx.session.execute(sa.delete(table).where(table.person_id == person_id))
    return reference


def note_sign_in(tx: Transaction, person_id: str) -> None:
    """Remember the moment of the last complete sign-in."""
    tx.run(NOTE_SIGN_IN, {"person": person_id, "now": tx.now})


def note_access_ended(tx: Transaction, person_id: str) -> None:
    """Stop the completion of sign-ins in progress, after waiting for one that is being completed."""
    tx.session.execute(sa.update(Person).where(Person.id == person_id).values(access_ended_at=tx.now))


def _set_state(tx: Transaction, person_id: str, old: str, new: str) -> bool:
    person = held(tx, person_id)
    if person is None or person.state != old:
        return False
    person.state, person.updated_at = new, tx.now
    person.disabled_at = tx.now if new == DISABLED else None
    person.reminded_at = None  # who is enabled again is reminded again before the account is closed as unused
    return True
