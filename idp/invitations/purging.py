"""Forgetting codes: the digest a day after its expiry, what happened to the letter a year later."""

from datetime import datetime

import sqlalchemy as sa

from idp.database import Transaction
from idp.invitations.registration_code import RegistrationCode

TABLE = RegistrationCode.__table__


def forget_digests(tx: Transaction, before: datetime, *, batch: int) -> int:
    """Empty at most `batch` digests of codes that expired before this moment: from now on they are unknown."""
    due = sa.select(TABLE.c.id).where(TABLE.c.expires_at < before, TABLE.c.code_digest.is_not(None)).limit(batch)
    return tx.execute(sa.update(TABLE).where(TABLE.c.id.in_(due)).values(code_digest=None)).rowcount  # type: ignore[arg-type]


def purge(tx: Transaction, before: datetime, *, batch: int) -> int:
    """Delete at most `batch` codes that expired before this moment."""
    due = sa.select(TABLE.c.id).where(TABLE.c.expires_at < before).limit(batch)
    return tx.execute(sa.delete(TABLE).where(TABLE.c.id.in_(due))).rowcount  # type: ignore[arg-type]
