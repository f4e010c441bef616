"""Changes of a login address that the owner of the old one can still undo (X-17).

The new address is used immediately, because it was proved. The old one gets a link whose token is found here by its
fingerprint; one conditional UPDATE uses it. Undoing a change also undoes every later one of the person. Until
then the old address is reserved for the person: `emails.give` gives it to nobody else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction

STOPPABLE = timedelta(hours=72)

UNDONE = "undone"
WITH_EARLIER = "undone-with-earlier"


class EmailChange(Base):
    """`old` is the address that was replaced, `old_key` what it is compared by.

    `stop` is the fingerprint of the token that was mailed to it.
    """

    __tablename__ = "email_changes"
    __table_args__ = (
        sa.Index("ix_email_changes_person_id", "person_id"),
        sa.Index("ix_email_changes_until", "until"),
        sa.Index("ix_email_changes_old_key", "old_key"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    stop: Mapped[str] = mapped_column(unique=True)
    old: Mapped[str]
    old_key: Mapped[str] = mapped_column(default="", server_default="")
    client_id: Mapped[str]
    changed_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[str] = mapped_column(default="")

    def is_open(self, now: datetime) -> bool:
        """Return whether the change can still be undone."""
        return self.ended_at is None and now < self.until


RESERVED = sa.select(EmailChange.id).where(
    EmailChange.old_key == sa.bindparam("key"),
    EmailChange.person_id != sa.bindparam("person"),
    EmailChange.ended_at.is_(None),
    EmailChange.until > sa.bindparam("now"),
)


def note(tx: Transaction, person_id: str, *, old: str, old_key: str, client_id: str) -> tuple[EmailChange, str]:
    """Remember the replaced address; returns the row, and the token to be mailed to it."""
    token = random_values.token()
    change = EmailChange(
        id=random_values.new_id(tx.now),
        person_id=person_id,
        stop=random_values.fingerprint(token),
        old=old,
        old_key=old_key,
        client_id=client_id,
        changed_at=tx.now,
        until=tx.now + STOPPABLE,
    )
    tx.add(change)
    return change, token


def by_stop(tx: Transaction, token: str) -> EmailChange | None:
    """Return the change that the token of « it was not me » names. Read only; any text is allowed."""
    return tx.session.scalar(sa.select(EmailChange).where(EmailChange.stop == random_values.fingerprint(token)))


def open_of_person(tx: Transaction, person_id: str) -> Sequence[EmailChange]:
    """Return the changes of the person that can still be undone, the oldest first. Reads only."""
    theirs = sa.select(EmailChange).where(
        EmailChange.person_id == person_id, EmailChange.ended_at.is_(None), EmailChange.until > tx.now
    )
    return tx.session.scalars(theirs.order_by(EmailChange.id)).all()


def undo(tx: Transaction, change: EmailChange) -> bool:
    """Spend the token, and those of the person's later changes. False: it is over; exactly one caller wins."""
    this = sa.and_(EmailChange.id == change.id, EmailChange.until > tx.now)
    if _end(tx, this, UNDONE) == 0:
        return False
    later = sa.and_(EmailChange.person_id == change.person_id, EmailChange.id > change.id)
    _end(tx, later, WITH_EARLIER)
    tx.session.refresh(change)
    return True


def is_reserved(tx: Transaction, key: str, *, but_for: str) -> bool:
    """Return whether the address with this key may still be restored to someone else than `but_for`."""
    return tx.execute(RESERVED, {"key": key, "person": but_for, "now": tx.now}).first() is not None


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the replaced addresses of an erased person."""
    tx.execute(sa.delete(EmailChange).where(EmailChange.person_id == person_id))


def _end(tx: Transaction, which: sa.ColumnElement[bool], reason: str) -> int:
    over = {"ended_at": tx.now, "end_reason": reason}
    return tx.execute(sa.update(EmailChange).where(which, EmailChange.ended_at.is_(None)).values(over)).rowcount
