"""Which portals a person uses. Enrolment opens a portal whose policy asks for it; ending one keeps the person."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import Enrolled, EnrolmentEnded
from idp.audit.log import record
from idp.database import Base, Transaction


class Enrolment(Base):
    """A person at a portal (its client id). `ended_at` set: over, until enrolled again."""

    __tablename__ = "enrolments"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    portal: Mapped[str] = mapped_column(primary_key=True)
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


def enrol(tx: Transaction, person_id: str, portal: str, *, reason: str) -> None:
    """Make the portal one of the person's; repeating it changes nothing."""
    raise NotImplementedError


def end(tx: Transaction, person_id: str, portal: str, *, reason: str) -> bool:
    """Whether there was an enrolment to end."""
    raise NotImplementedError


def is_enrolled(tx: Transaction, person_id: str, portal: str) -> bool:
    raise NotImplementedError


def portals(tx: Transaction, person_id: str) -> list[str]:
    """The portals the person is enrolled at, oldest first."""
    raise NotImplementedError
