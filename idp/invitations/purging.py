"""Forgetting codes: the digest a day after its expiry, what happened to the letter a year later.

With it go the campaign it was printed in, and the line of somebody who never came: their name and address.
"""

from datetime import datetime

import sqlalchemy as sa

from idp.database import Transaction
from idp.invitations.campaigns import LetterCampaign
from idp.invitations.registration_code import RegistrationCode
from idp.organisations import memberships
from idp.organisations.membership import INVITED, Membership

TABLE = RegistrationCode.__table__


def forget_digests(tx: Transaction, before: datetime, *, batch: int) -> int:
    """Empty at most `batch` digests of codes that expired before this moment: from now on they are unknown."""
    due = sa.select(TABLE.c.id).where(TABLE.c.expires_at < before, TABLE.c.code_digest.is_not(None)).limit(batch)
    return tx.execute(sa.update(TABLE).where(TABLE.c.id.in_(due)).values(code_digest=None)).rowcount  # type: ignore[arg-type]


def purge(tx: Transaction, before: datetime, *, batch: int) -> int:
    """Delete at most `batch` codes that expired before this moment."""
    due = sa.select(TABLE.c.id).where(TABLE.c.expires_at < before).limit(batch)
    return tx.execute(sa.delete(TABLE).where(TABLE.c.id.in_(due))).rowcount  # type: ignore[arg-type]


def purge_campaigns(tx: Transaction, before: datetime, *, batch: int) -> int:
    """Delete at most `batch` campaigns that began before this moment and of whose letters nothing is kept."""
    letters = sa.exists().where(TABLE.c.campaign_id == LetterCampaign.id)
    due = sa.select(LetterCampaign.id).where(LetterCampaign.created_at < before, ~letters).limit(batch)
    return tx.execute(sa.delete(LetterCampaign).where(LetterCampaign.id.in_(due))).rowcount


def forget_invited(tx: Transaction, before: datetime, *, batch: int) -> int:
    """Take at most `batch` people out of their companies' lists whose last invitation expired before this moment."""
    open_since = sa.exists().where(TABLE.c.subject_id == Membership.id, TABLE.c.expires_at >= before)
    due = sa.select(Membership.id).where(Membership.state == INVITED, Membership.updated_at < before, ~open_since)
    gone = list(tx.execute(due.limit(batch)).scalars())
    for membership_id in gone:
        memberships.withdraw(tx, membership_id)
    return len(gone)
