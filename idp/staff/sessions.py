"""Sessions of staff: short, apart from everybody else's, and of two kinds.

`work` begins with a passkey. `enrolment` begins with the code of an invitation and opens one page only: the one on
which the passkey is made.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.staff import StaffSignedOut
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.settings import Desk
from idp.staff import accounts
from idp.staff.accounts import ACTIVE, INVITED, StaffAccount, StaffMember

Purpose = Literal["work", "enrolment"]
WORK: Purpose = "work"
ENROLMENT: Purpose = "enrolment"
ENROLMENT_LASTS = timedelta(minutes=30)
TOUCH = timedelta(minutes=1)
"""Last-seen is written at most this often (X-30)."""
STATES = {WORK: (ACTIVE,), ENROLMENT: (ACTIVE, INVITED)}


class StaffSessionRow(Base):
    """`idle_until` moves with use, `expires_at` does not."""

    __tablename__ = "staff_sessions"
    __table_args__ = (sa.Index(None, "staff_id"), sa.Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    purpose: Mapped[str]
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str]
    user_agent: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True)
class StaffSession:
    """A live session with the member of staff whose it is."""

    id: str
    staff: StaffMember
    started_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class StartedStaffSession:
    """`token` is for the cookie and nowhere else."""

    id: str
    token: str


FIND = (
    sa.select(StaffSessionRow, StaffAccount)
    .join(StaffAccount, StaffAccount.id == StaffSessionRow.staff_id)
    .where(
        StaffSessionRow.fingerprint == sa.bindparam("fingerprint"),
        StaffSessionRow.purpose == sa.bindparam("purpose"),
        StaffSessionRow.ended_at.is_(None),
        StaffSessionRow.idle_until > sa.bindparam("now"),
        StaffSessionRow.expires_at > sa.bindparam("now"),
        StaffAccount.state.in_(sa.bindparam("states", expanding=True)),
    )
)
SEEN = (
    sa.update(StaffSessionRow)
    .where(StaffSessionRow.id == sa.bindparam("session"), StaffSessionRow.ended_at.is_(None))
    .values(last_seen_at=sa.bindparam("now"), idle_until=sa.bindparam("until"))
)
END = sa.update(StaffSessionRow).where(StaffSessionRow.ended_at.is_(None)).values(ended_at=sa.bindparam("now"))
ENDED = (StaffSessionRow.id, StaffSessionRow.staff_id, StaffSessionRow.purpose)


def start(tx: Transaction, staff_id: str, settings: Desk, *, purpose: Purpose) -> StartedStaffSession:
    """Begin a session in the browser of this request."""
    token, new_id = random_values.token(), random_values.new_id(tx.now)
    lasts = ENROLMENT_LASTS if purpose == ENROLMENT else timedelta(seconds=settings.absolute)
    row = StaffSessionRow(
        id=new_id,
        fingerprint=random_values.fingerprint(token),
        staff_id=staff_id,
        purpose=purpose,
        started_at=tx.now,
        last_seen_at=tx.now,
        idle_until=tx.now + min(lasts, timedelta(seconds=settings.idle)),
        expires_at=tx.now + lasts,
        address=tx.origin.address,
        user_agent=tx.origin.user_agent,
    )
    tx.add(row)
    return StartedStaffSession(new_id, token)


def find(tx: Transaction, token: str, *, purpose: Purpose) -> StaffSession | None:
    """Return the live session behind this cookie. Any text is allowed."""
    asked = {
        "fingerprint": random_values.fingerprint(token),
        "purpose": purpose,
        "now": tx.now,
        "states": STATES[purpose],
    }
    found = tx.session.execute(FIND, asked).first()
    if found is None:
        return None
    row, account = found
    return StaffSession(row.id, accounts.member(tx, account), row.started_at, row.last_seen_at, row.expires_at)


def needs_touch(session: StaffSession, now: datetime) -> bool:
    return now - session.last_seen_at >= TOUCH


def touch(tx: Transaction, session: StaffSession, settings: Desk) -> None:
    """Note that the session is used."""
    until = min(tx.now + timedelta(seconds=settings.idle), session.expires_at)
    tx.execute(SEEN, {"session": session.id, "now": tx.now, "until": until})


def end(tx: Transaction, session_id: str, *, reason: str) -> None:
    """End one session."""
    _end(tx, StaffSessionRow.id == session_id, reason)


def end_all(tx: Transaction, staff_id: str, *, reason: str, but: str = "") -> None:
    """End every session of a member of staff but the one with id `but`."""
    _end(tx, sa.and_(StaffSessionRow.staff_id == staff_id, StaffSessionRow.id != but), reason)


def _end(tx: Transaction, which: sa.ColumnElement[bool], reason: str) -> None:
    for ended in tx.execute(END.where(which).returning(*ENDED), {"now": tx.now}).all():
        if ended.purpose == WORK:
            record(tx, StaffSignedOut(staff_id=ended.staff_id, session_id=ended.id, reason=reason))
