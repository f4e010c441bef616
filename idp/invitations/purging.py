"""Forgetting a part of what an invitation left: the digest of its code, and the name of someone who never came."""

from datetime import datetime

import sqlalchemy as sa

from idp.database import Transaction
from idp.invitations.registration_code import RegistrationCode
from idp.organisations import memberships
from idp.organisations.membership import INVITED, Membership

TABLE = RegistrationCode.__table__


def forget_digests(tx: Transaction, before: datetime, batch: int) -> int:
    """Empty at most `batch` digests of codes that expired before this moment: from now on they are unknown."""
    due = sa.select(TABLE.c.id).where(TABLE.c.expires_at < before, TABLE.c.code_digest.is_not(None)).limit(batch)
    return tx.execute(sa.update(TABLE).where(TABLE.c.id.in_(due)).values(code_digest=None)).rowcount  # type: ignore[arg-type]


def forget_invited(tx: Transaction, before: datetime, batch: int) -> int:
    """Take at most `batch` people out of their companies' lists whose last invitation expired before this moment."""
    open_since = sa.exists().where(TABLE.c.subject_id == Membership.id, TABLE.c.expires_at >= before)
    due = sa.select(Membership.id).where(Membership.state == INVITED, Membership.updated_at < before, ~open_since)
    gone = list(tx.execute(due.limit(batch)).scalars())
    for membership_id in gone:
        memberships.withdraw(tx, membership_id)
    return len(gone)
