"""The one password of a person: a row with its version and the floor it met."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction


class Password(Base):
    """`version` grows with each new password: what `prepare` saw is compared with it in `submit`."""

    __tablename__ = "passwords"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    hash: Mapped[str]
    version: Mapped[int]
    floor: Mapped[int]
    changed_at: Mapped[datetime]


@dataclass(frozen=True)
class StoredPassword:
    """`floor` is the length floor the password met when it was chosen (0: imported, unknown)."""

    hash: str
    version: int
    floor: int
    changed_at: datetime


def current(tx: Transaction, person_id: str) -> StoredPassword | None:
    raise NotImplementedError


def replace(tx: Transaction, person_id: str, hashed: str, *, floor: int, reason: str) -> int:
    """Store the first or a new password; returns its version. The caller ends sessions and grants."""
    raise NotImplementedError


def rehash(tx: Transaction, person_id: str, hashed: str, *, version: int) -> bool:
    """Store the same password under today's parameters, unless it was replaced since `version` was read."""
    raise NotImplementedError
