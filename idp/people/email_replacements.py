"""The replacement of a lost mailbox, begun by the desk after an identity check.

The new address is stored beside the old one, and the account keeps the old one for a waiting time. Afterwards the link
that was mailed to the new address leads to a code, and the code to the change. Until then whoever reads the old mailbox
stops it: by the link mailed there, or by signing in with a code sent there (NIST SP 800-63B-4 §4.2.2.2).

The tokens of both links are found here by their fingerprints. One conditional UPDATE ends a replacement, so exactly one
caller wins.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.people import EmailReplacementBegun, EmailReplacementCancelled
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.messages.recipient import mask_email
from idp.people.email_address import Email

STAYS_OPEN = timedelta(days=30)
"""As long as the letter that may be needed for it."""

OLD_MAILBOX, LINK, USED = "old-mailbox", "link", "used"
"""Why a replacement ended: a code from the old mailbox was shown, its link was used, or the address was replaced."""


class EmailReplacement(Base):
    """At most one for a person. `link` is the fingerprint of the token in the mail to the new address, `stop` of that
    in the mail to the old one."""

    __tablename__ = "email_replacements"
    __table_args__ = (sa.Index("ix_email_replacements_expires_at", "expires_at"),)

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    address: Mapped[str]
    client_id: Mapped[str]
    link: Mapped[str] = mapped_column(unique=True)
    stop: Mapped[str] = mapped_column(unique=True)
    opens_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[str] = mapped_column(default="", server_default="")

    def is_live(self, now: datetime) -> bool:
        """Return whether the address can be replaced, now or once the waiting time is over."""
        return self.ended_at is None and now < self.expires_at


@dataclass(frozen=True)
class BegunReplacement:
    """`link` and `stop` are the tokens to be mailed, `reference` that of the event."""

    opens_at: datetime
    expires_at: datetime
    link: str
    stop: str
    reference: str


END = (
    sa.update(EmailReplacement)
    .where(
        EmailReplacement.person_id == sa.bindparam("person"),
        EmailReplacement.ended_at.is_(None),
        EmailReplacement.expires_at > sa.bindparam("now"),
        EmailReplacement.opens_at <= sa.bindparam("open_by"),
    )
    .values(ended_at=sa.bindparam("now"), end_reason=sa.bindparam("why"))
)


def begin(
    tx: Transaction, person_id: str, new: Email, *, client_id: str, wait: timedelta, reason: str, identity: str
) -> BegunReplacement:
    """Open the replacement after `wait`; one that was begun before begins again, with other links.

    `identity` says how the desk knows who asked.
    """
    link, stop, opens_at = random_values.token(), random_values.token(), tx.now + wait
    row = EmailReplacement(
        person_id=person_id,
        address=new.address,
        client_id=client_id,
        link=random_values.fingerprint(link),
        stop=random_values.fingerprint(stop),
        opens_at=opens_at,
        expires_at=opens_at + STAYS_OPEN,
        ended_at=None,
        end_reason="",
    )
    tx.session.merge(row)
    tx.flush()
    event = EmailReplacementBegun(
        person_id=person_id,
        new=mask_email(new.address),
        opens_at=opens_at.isoformat(),
        reason=reason,
        identity=identity,
    )
    return BegunReplacement(opens_at, row.expires_at, link, stop, record(tx, event))


def by_link(tx: Transaction, token: str) -> EmailReplacement | None:
    """Return what the link mailed to the new address names, over or not. Reads only; any text is allowed."""
    return by_fingerprint(tx, random_values.fingerprint(token))


def by_fingerprint(tx: Transaction, link: str) -> EmailReplacement | None:
    """Return the replacement whose link has this fingerprint."""
    this = sa.select(EmailReplacement).where(EmailReplacement.link == link)
    return tx.session.scalar(this.execution_options(populate_existing=True))


def by_stop(tx: Transaction, token: str) -> EmailReplacement | None:
    """Return what the link mailed to the old address names, over or not. Reads only; any text is allowed."""
    this = EmailReplacement.stop == random_values.fingerprint(token)
    return tx.session.scalar(sa.select(EmailReplacement).where(this))


def of_person(tx: Transaction, person_id: str) -> EmailReplacement | None:
    """Return the replacement that waits for its time or is open."""
    found = tx.session.get(EmailReplacement, person_id, populate_existing=True)
    return found if found is not None and found.is_live(tx.now) else None


def cancel(tx: Transaction, person_id: str, *, reason: str) -> str:
    """End the replacement, because the mailbox is in its owner's hands or the desk says so.

    Return the audit reference, or an empty text where there is none to cancel.
    """
    if not _end(tx, person_id, reason, open_by=datetime.max.replace(tzinfo=tx.now.tzinfo)):
        return ""
    return record(tx, EmailReplacementCancelled(person_id=person_id, reason=reason))


def spend(tx: Transaction, person_id: str) -> bool:
    """Use the replacement up. False: it is over, or its time has not come; exactly one caller wins."""
    return _end(tx, person_id, USED, open_by=tx.now)


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the replacement of an erased person."""
    tx.execute(sa.delete(EmailReplacement).where(EmailReplacement.person_id == person_id))


def _end(tx: Transaction, person_id: str, why: str, *, open_by: datetime) -> bool:
    values = {"person": person_id, "now": tx.now, "open_by": open_by, "why": why}
    return tx.execute(END, values).rowcount == 1
