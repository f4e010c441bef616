"""The accounts of staff: invited, active, disabled, removed. They have no password and nothing in common with people.

    invited → active → disabled | removed
                  ↘ invited again: the passkey made then replaces the earlier ones

`key` is what addresses are compared by; a removed account keeps its name, so that the audit trail stays readable, and
gives its address free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.credentials.passkeys import HANDLE_BYTES
from idp.database import Base, Transaction
from idp.people.email_address import Email
from idp.staff import appointments
from idp.staff.appointments import Appointment

INVITED, ACTIVE, DISABLED, REMOVED = "invited", "active", "disabled", "removed"


class StaffAccount(Base):
    """`handle` is how authenticators know them: random, base64url."""

    __tablename__ = "staff"
    __table_args__ = (sa.Index(None, "removed_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    key: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None] = mapped_column(default=None)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True)
class StaffMember:
    """A member of staff at work."""

    id: str
    name: str
    language: str
    appointments: tuple[Appointment, ...]


def create(tx: Transaction, email: Email, *, name: str, language: str) -> StaffAccount:
    """Store an invited account. Raises `sqlalchemy.exc.IntegrityError` if the address has one."""
    account = StaffAccount(
        id=random_values.new_id(tx.now),
        name=name,
        email=email.address,
        key=email.key,
        language=language,
        handle=random_values.token(HANDLE_BYTES),
        state=INVITED,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.add(account)
    return account


def by_id(tx: Transaction, staff_id: str) -> StaffAccount | None:
    return tx.session.get(StaffAccount, staff_id)


def held(tx: Transaction, staff_id: str) -> StaffAccount | None:
    """Return the account, which nobody else changes before this transaction ends."""
    return tx.session.get(StaffAccount, staff_id, with_for_update=True, populate_existing=True)


def by_email(tx: Transaction, email: Email) -> StaffAccount | None:
    """Return the account with this address that was not removed."""
    return tx.session.scalar(sa.select(StaffAccount).where(StaffAccount.key == email.key))


def held_by_email(tx: Transaction, email: Email) -> StaffAccount | None:
    """Return the same; nobody else changes it before this transaction ends."""
    this = sa.select(StaffAccount).where(StaffAccount.key == email.key).with_for_update()
    return tx.session.scalar(this.execution_options(populate_existing=True))


def take_back(tx: Transaction, account: StaffAccount) -> None:
    """Delete an account that was created in this transaction."""
    tx.flush()
    tx.session.delete(account)


def everybody(tx: Transaction) -> Sequence[StaffAccount]:
    """Return all accounts that were not removed, by name."""
    there = sa.select(StaffAccount).where(StaffAccount.state != REMOVED)
    return tx.session.scalars(there.order_by(StaffAccount.name, StaffAccount.id)).all()


def name_of(tx: Transaction, staff_id: str) -> str:
    """Return the name, also of a removed account; empty for nobody of ours."""
    found = by_id(tx, staff_id)
    return found.name if found is not None else ""


def member(tx: Transaction, account: StaffAccount) -> StaffMember:
    """Return the account with its appointments."""
    return StaffMember(account.id, account.name, account.language, appointments.of_staff(tx, account.id))
