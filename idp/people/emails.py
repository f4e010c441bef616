"""The login e-mail address of a person. One address serves one person, also under concurrency."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import EmailChanged
from idp.audit.facts import AddressReplaced
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.messages.recipient import mask_email
from idp.people import email_changes
from idp.people.email_address import Email
from idp.people.person import note_change
from idp.readings import until_written


class EmailAddress(Base):
    """The one login address of a person; `key` is what `normalise_email` compares by."""

    __tablename__ = "email_addresses"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    address: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    verified_at: Mapped[datetime | None] = mapped_column(default=None)
    changed_at: Mapped[datetime]


@dataclass(frozen=True)
class EmailTaken:
    """The address belongs to another person already, or is `reserved` for one who may still undo its replacement."""

    reserved: bool = False


class _Reserved(Exception):
    """Undoes the storing of an address that is reserved."""


@until_written
def of_person(tx: Transaction, person_id: str) -> EmailAddress | None:
    return tx.session.get(EmailAddress, person_id)


def owner(tx: Transaction, email: Email) -> str:
    """Return the id of the person whose address this is, or an empty text."""
    return tx.session.scalar(sa.select(EmailAddress.person_id).where(EmailAddress.key == email.key)) or ""


def give(tx: Transaction, person_id: str, email: Email, *, verified: bool) -> str | EmailTaken:
    """Store the address of a person who has none, or replace theirs (X-17). A conflict leaves the old one.

    Reservations are checked once the address is ours: of two simultaneous changes, the second sees the first.
    Returns the reference of the event; an empty text where there was no address to replace.
    """
    row = of_person(tx, person_id)
    old = row.address if row is not None else ""
    try:
        with tx.savepoint():
            row = tx.session.merge(EmailAddress(person_id=person_id))
            row.address, row.key = email.address, email.key
            row.verified_at = tx.now if verified else None
            row.changed_at = tx.now
            tx.session.flush()
            if email_changes.is_reserved(tx, email.key, but_for=person_id):
                raise _Reserved
    except _Reserved:
        return EmailTaken(reserved=True)
    except IntegrityError:
        if owner(tx, email) in {"", person_id}:
            raise
        return EmailTaken()
    note_change(tx, person_id)
    if not old:
        return ""
    tx.tell(AddressReplaced(person_id, old, email.address))
    return record(tx, EmailChanged(person_id=person_id, old=mask_email(old), new=mask_email(email.address)))
