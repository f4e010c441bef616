"""A person: the stable subject behind every token."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction
from idp.people.birth_date import BirthDate, PartialDate, from_iso

ACTIVE = "active"
DISABLED = "disabled"
ERASED = "erased"

HONORIFICS = ("mrs", "mr", "none")
"""The choices of the form. « none » is the neutral one (« Sans indication »); `""` means never asked."""


class Person(Base):
    """One human being. `id` is the `sub` of tokens: never changed, never given to another person.

    `claims` holds the standard claims that have no column (OIDC Core §5.1: middle_name, nickname, website, address…).
    An erased person keeps this row without personal values, so that the `sub` stays taken.
    """

    __tablename__ = "people"
    __table_args__ = (sa.Index(None, "birth_date"), sa.Index(None, "family_name"))

    id: Mapped[str] = mapped_column(primary_key=True)
    given_name: Mapped[str] = mapped_column(default="")
    family_name: Mapped[str] = mapped_column(default="")
    honorific: Mapped[str] = mapped_column(default="")
    birth_date: Mapped[date | None] = mapped_column(sa.Date, default=None)
    birth_date_in_part: Mapped[str] = mapped_column(default="", server_default="")
    """`1957` or `1957-03` where the day is not known; then `birth_date` is empty."""
    language: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=ACTIVE)
    claims: Mapped[dict[str, object]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(default=None)
    reminded_at: Mapped[datetime | None] = mapped_column(default=None)
    """When they were last told that nobody uses the account."""
    access_ended_at: Mapped[datetime | None] = mapped_column(default=None)
    """When all access, or all but one session, was last ended."""

    @property
    def born(self) -> BirthDate | None:
        """The birth date as far as it is known."""
        return self.birth_date or from_iso(self.birth_date_in_part)

    @born.setter
    def born(self, born: BirthDate | None) -> None:
        self.birth_date = born if isinstance(born, date) else None
        self.birth_date_in_part = born.isoformat() if isinstance(born, PartialDate) else ""

    @property
    def is_active(self) -> bool:
        return self.state == ACTIVE

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


HOLD = (
    sa.select(Person)
    .where(Person.id.in_(sa.bindparam("people", expanding=True)))
    .order_by(Person.id)
    .with_for_update(key_share=True)  # does not hold up who only refers to the row
)


def hold(tx: Transaction, *person_ids: str) -> None:
    """Keep these people as they are until this transaction ends, and let other acts on them wait.

    An act on a person holds them before it writes anything of theirs, and after it has locked companies. Two acts at
    the same moment then stand in line, whatever else they touch, and neither dies of a deadlock.
    """
    tx.session.scalars(HOLD, {"people": sorted(person_ids)}).all()


def held(tx: Transaction, person_id: str) -> Person | None:
    """Hold the person, and return them as they are now."""
    return tx.session.scalars(HOLD, {"people": [person_id]}).one_or_none()


def note_change(tx: Transaction, person_id: str) -> None:
    """Set `updated_at` (OIDC Core §5.1), because data in the person's claims has changed."""
    found = by_id(tx, person_id)
    if found is not None:
        found.updated_at = tx.now


def by_id(tx: Transaction, person_id: str) -> Person | None:
    return tx.session.get(Person, person_id)


def name_of(tx: Transaction, person_id: str) -> str:
    """Return first and last name; empty for nobody of ours."""
    found = by_id(tx, person_id) if person_id else None
    return found.full_name if found is not None else ""
