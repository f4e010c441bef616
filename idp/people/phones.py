"""The phone number of a person. It may be shared with others (couples do), and may be provisional.

A number proved through an administrator (B-40) is provisional: it serves the portals of that organisation only, and
never recovery, until the person has signed in with a code sent to it.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction


class Phone(Base):
    """The one number of a person; not unique. `provisional_for` is an organisation id or empty."""

    __tablename__ = "phones"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    number: Mapped[str]
    verified_at: Mapped[datetime | None] = mapped_column(default=None)
    changed_at: Mapped[datetime]
    provisional_for: Mapped[str] = mapped_column(default="")

    def serves_sign_in(self, organisations: frozenset[str]) -> bool:
        """Whether sign-in codes may go here at a portal that serves these organisations of the person."""
        return self.verified_at is not None and (not self.provisional_for or self.provisional_for in organisations)

    def serves_recovery(self, now: datetime, *, cooling: timedelta) -> bool:
        """Whether recovery codes may go here: the person's own, and not changed by an administrator lately."""
        return self.verified_at is not None and not self.provisional_for and now - self.changed_at >= cooling


def of_person(tx: Transaction, person_id: str) -> Phone | None:
    raise NotImplementedError


def give(tx: Transaction, person_id: str, e164: str, *, verified: bool, provisional_for: str = "") -> str:
    """Store or replace the number of a person; returns the number it replaces, or an empty text."""
    raise NotImplementedError


def remove(tx: Transaction, person_id: str) -> str:
    """Forget the number; returns it, for the notice to the old number."""
    raise NotImplementedError


def confirm(tx: Transaction, person_id: str, e164: str) -> None:
    """The person signed in with a code sent to this number: it is no longer provisional."""
    raise NotImplementedError
