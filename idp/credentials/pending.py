"""Passwords typed before the account exists: a digest that waits with the run, and never becomes a fact."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction


class PendingPassword(Base):
    """One per run; gone on Back past it, on re-binding and on expiry."""

    __tablename__ = "pending_passwords"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    floor: Mapped[int]
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class Pending:
    hash: str
    floor: int


def keep(tx: Transaction, run_id: str, hashed: str, *, floor: int, expires_at: datetime) -> None:
    """Store or replace what waits for this run."""
    raise NotImplementedError


def take(tx: Transaction, run_id: str) -> Pending | None:
    """Hand over what waits and forget it, once; None when there is nothing or it expired."""
    raise NotImplementedError


def drop(tx: Transaction, run_id: str) -> None:
    raise NotImplementedError


def purge(tx: Transaction, limit: int) -> int:
    """Delete at most `limit` expired rows; returns how many."""
    raise NotImplementedError
