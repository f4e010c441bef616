"""The replacement of a lost phone, begun by the desk after an identity check.

It opens after a waiting time, and the old number counts as none from then on: the person names a new one with a
letter, or with a code from the mailbox. A person with the old phone can sign in with it until then, which cancels the
replacement: an attacker who persuaded the desk does not get past the owner (NIST SP 800-63B-4 §4.2.2.2).
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import PhoneReplacementBegun, PhoneReplacementCancelled
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.readings import until_written

STAYS_OPEN = timedelta(days=30)
"""As long as the letter that may be needed for it."""

OLD_PHONE = "old-phone"


class PhoneReplacement(Base):
    """At most one for a person; gone as soon as they have a new number."""

    __tablename__ = "phone_replacements"
    __table_args__ = (sa.Index("ix_phone_replacements_opens_at", "opens_at"),)

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    opens_at: Mapped[datetime]


def begin(tx: Transaction, person_id: str, *, wait: timedelta, reason: str, identity: str) -> str:
    """Begin the replacement, which opens after `wait`; an earlier one starts over. Return the audit reference.

    `identity` records how the helpdesk checked who asked.
    """
    row = tx.session.merge(PhoneReplacement(person_id=person_id, opens_at=tx.now + wait))
    tx.flush()
    event = PhoneReplacementBegun(
        person_id=person_id, opens_at=row.opens_at.isoformat(), reason=reason, identity=identity
    )
    return record(tx, event)


def is_begun(tx: Transaction, person_id: str) -> bool:
    """Return whether a replacement waits for its time or is open."""
    return _row(tx, person_id) is not None


@until_written
def is_open(tx: Transaction, person_id: str) -> bool:
    """Return whether the number on file counts as none."""
    row = _row(tx, person_id)
    return row is not None and row.opens_at <= tx.now


def cancel(tx: Transaction, person_id: str, *, reason: str) -> str:
    """End the replacement, because the phone is in its owner's hands or the desk says so.

    Return the audit reference, or an empty text where there is none to cancel.
    """
    if not _delete(tx, person_id):
        return ""
    return record(tx, PhoneReplacementCancelled(person_id=person_id, reason=reason))


def forget(tx: Transaction, person_id: str) -> None:
    """Forget the replacement: the person has a number that they proved, or was erased."""
    _delete(tx, person_id)


def _row(tx: Transaction, person_id: str) -> PhoneReplacement | None:
    wanted = sa.select(PhoneReplacement).where(
        PhoneReplacement.person_id == person_id, PhoneReplacement.opens_at > tx.now - STAYS_OPEN
    )
    return tx.session.scalar(wanted)


def _delete(tx: Transaction, person_id: str) -> bool:
    theirs = sa.delete(PhoneReplacement).where(PhoneReplacement.person_id == person_id)
    return tx.execute(theirs).rowcount == 1
