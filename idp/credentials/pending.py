"""Passwords typed before the account exists: a digest that waits with the run, and never becomes a fact."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction
from idp.statements import upsert


class PendingPassword(Base):
    """One per run; gone on Back past it, on re-binding and on expiry."""

    __tablename__ = "pending_passwords"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    floor: Mapped[int]
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class PendingHash:
    hash: str
    floor: int


KEEP = upsert(PendingPassword, ["run_id"], ["hash", "floor", "expires_at"])
TAKE = (
    sa.delete(PendingPassword)
    .where(PendingPassword.run_id == sa.bindparam("run"))
    .returning(PendingPassword.hash, PendingPassword.floor, PendingPassword.expires_at)
)


def keep(tx: Transaction, run_id: str, hashed: str, *, floor: int, expires_at: datetime) -> None:
    """Store or replace what waits for this run."""
    tx.execute(KEEP, {"run_id": run_id, "hash": hashed, "floor": floor, "expires_at": expires_at})


def take(tx: Transaction, run_id: str) -> PendingHash | None:
    """Hand over what waits and forget it, once; None when there is nothing or it expired."""
    row = tx.execute(TAKE, {"run": run_id}).first()
    return PendingHash(row.hash, row.floor) if row is not None and row.expires_at > tx.now else None


def drop(tx: Transaction, run_id: str) -> None:
    """Forget what waits: the person went back past it, or another browser took the run over."""
    tx.execute(TAKE, {"run": run_id})
