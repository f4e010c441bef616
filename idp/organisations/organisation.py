"""An organisation as its fund knows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction

ACTIVE = "active"
CLOSED = "closed"


class Organisation(Base):
    """One affiliated member of a fund. `number` is the fund's own; `address` has lines, postal_code, locality, country.

    `topics` are those open to the company; empty means all of the portal.
    """

    __tablename__ = "organisations"
    __table_args__ = (sa.UniqueConstraint("fund", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    fund: Mapped[str]
    number: Mapped[str]
    name: Mapped[str]
    address: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(default="")
    topics: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(default=ACTIVE)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


def register(
    tx: Transaction,
    *,
    fund: str,
    number: str,
    name: str,
    address: Mapping[str, Any] | None = None,
    language: str = "",
    topics: tuple[str, ...] = (),
) -> Organisation:
    """The organisation with this fund and number: created, or brought up to date with what the fund says now."""
    raise NotImplementedError


def by_id(tx: Transaction, organisation_id: str) -> Organisation | None:
    return tx.session.get(Organisation, organisation_id)


def by_number(tx: Transaction, fund: str, number: str) -> Organisation | None:
    raise NotImplementedError
