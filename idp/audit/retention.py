"""Deleting events whose time is over: the one thing that ever happens to them after they were written."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from idp.audit.chain import FIRST, THE_ROW, AuditChain
from idp.audit.log import AuditEvent
from idp.database import Transaction


def delete(tx: Transaction, due: sa.Select[Any], before: datetime) -> int:
    """Delete these events, which are all older than `before`; how many went."""
    _open(tx, before)
    deleted = tx.execute(sa.delete(AuditEvent).where(AuditEvent.id.in_(due))).rowcount
    _open(tx, None)
    return deleted


def _open(tx: Transaction, before: datetime | None) -> None:
    """Let events of before that moment be deleted, until it is said otherwise (`idp.audit.protection`)."""
    if tx.dialect == "sqlite":
        tx.execute(FIRST, {"id": THE_ROW})
        tx.execute(sa.update(AuditChain).values(deletable_before=before))
