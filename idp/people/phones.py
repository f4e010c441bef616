"""The phone number of a person. It may be shared with others (couples do), and may be provisional.

A number proved through an administrator (B-40) is provisional: it serves the portals of that organisation only, and
never recovery, until the person has signed in with a code sent to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import PhoneChanged, PhoneConfirmed
from idp.audit.facts import NumberReplaced
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.messages.recipient import mask_phone
from idp.people import phone_replacements
from idp.people.person import Person, note_change
from idp.readings import until_written


class Phone(Base):
    """The one number of a person; not unique. `provisional_for` is an organisation id or empty.

    `settling_since` is set when the number came later than the account: it does not recover anything at first.
    """

    __tablename__ = "phones"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    number: Mapped[str]
    verified_at: Mapped[datetime | None] = mapped_column(default=None)
    changed_at: Mapped[datetime]
    settling_since: Mapped[datetime | None] = mapped_column(default=None)
    provisional_for: Mapped[str] = mapped_column(default="")

    def serves_sign_in(self, organisations: frozenset[str]) -> bool:
        """Return whether sign-in codes may go here at a portal that serves these organisations of the person."""
        return self.verified_at is not None and (not self.provisional_for or self.provisional_for in organisations)

    def serves_recovery(self, now: datetime, *, cooling: timedelta) -> bool:
        """Return whether recovery codes may go here: the person's own number, and settled for at least `cooling`."""
        settled = self.settling_since is None or now - self.settling_since >= cooling
        return self.verified_at is not None and not self.provisional_for and settled


@dataclass(frozen=True)
class PhoneGiven:
    """The number that was replaced or removed, or an empty text, and the reference of the event."""

    old: str
    reference: str


@until_written
def of_person(tx: Transaction, person_id: str) -> Phone | None:
    return tx.session.get(Phone, person_id)


def in_hand(tx: Transaction, person_id: str) -> Phone | None:
    """Return the number of the person, unless the desk opened its replacement: it counts as none then."""
    return None if phone_replacements.is_open(tx, person_id) else of_person(tx, person_id)


def give(tx: Transaction, person_id: str, e164: str, *, verified: bool, provisional_for: str = "") -> PhoneGiven:
    """Store or replace the number of a person."""
    before = of_person(tx, person_id)
    old = before.number if before is not None else ""
    row = tx.session.merge(Phone(person_id=person_id))
    row.number = e164
    row.verified_at = tx.now if verified else None
    row.changed_at = tx.now
    if old != e164:
        row.settling_since = None if _came_with_account(tx, person_id) else tx.now
    row.provisional_for = provisional_for
    note_change(tx, person_id)
    phone_replacements.forget(tx, person_id)
    tx.flush()
    tx.tell(NumberReplaced(person_id, old, e164))
    event = PhoneChanged(
        person_id=person_id, organisation_id=provisional_for, old=mask_phone(old), new=mask_phone(e164)
    )
    return PhoneGiven(old, record(tx, event))


def remove(tx: Transaction, person_id: str) -> PhoneGiven:
    """Forget the number; returns it, for the notice to it. Both values are empty where there was none."""
    row = of_person(tx, person_id)
    if row is None:
        return PhoneGiven("", "")
    tx.session.delete(row)
    note_change(tx, person_id)
    phone_replacements.forget(tx, person_id)
    tx.flush()
    tx.tell(NumberReplaced(person_id, row.number, ""))
    return PhoneGiven(row.number, record(tx, PhoneChanged(person_id=person_id, old=mask_phone(row.number), new="")))


def confirm(tx: Transaction, person_id: str, e164: str) -> None:
    """Mark the number as no longer provisional: the person signed in with a code sent to it."""
    provisional = sa.update(Phone).where(
        Phone.person_id == person_id, Phone.number == e164, Phone.provisional_for != ""
    )
    if tx.session.scalar(provisional.values(provisional_for="").returning(Phone.person_id)):
        note_change(tx, person_id)
        record(tx, PhoneConfirmed(person_id=person_id))


def _came_with_account(tx: Transaction, person_id: str) -> bool:
    person = tx.session.get(Person, person_id)
    return person is not None and person.created_at == tx.now
