"""The login e-mail address of a person. One address serves one person, also under concurrency."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import EmailChanged
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.people.email_address import Email


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
    """The address belongs to another person already."""


def of_person(tx: Transaction, person_id: str) -> EmailAddress | None:
    raise NotImplementedError


def owner(tx: Transaction, email: Email) -> str:
    """The id of the person whose address this is, or an empty text."""
    raise NotImplementedError


def give(tx: Transaction, person_id: str, email: Email, *, verified: bool) -> EmailTaken | None:
    """Store the address of a person who has none, or replace theirs (X-17). A conflict leaves the old one."""
    raise NotImplementedError
