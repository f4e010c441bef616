"""The journal of an organisation: who changed whose rights, and when (B-51). It is the audit trail, seen from here."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.database import Transaction

PAGE = 50


def entries(
    tx: Transaction, organisation_id: str, *, names: Collection[str] = (), before: str = "", limit: int = PAGE
) -> Sequence[AuditEvent]:
    """Return the newest events of the organisation, of these names if given, older than the event `before` (an id)."""
    found = sa.select(AuditEvent).where(AuditEvent.organisation_id == organisation_id)
    if names:
        found = found.where(AuditEvent.name.in_(names))
    if before:
        found = found.where(AuditEvent.id < before)
    return tx.session.scalars(found.order_by(AuditEvent.id.desc()).limit(limit)).all()
