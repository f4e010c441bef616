"""The last sign-in of a company's users at one portal, as far back as the audit trail goes."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.database import Transaction

LAST = (
    sa.select(AuditEvent.person_id, sa.func.max(AuditEvent.at))
    .where(
        AuditEvent.person_id.in_(sa.bindparam("people", expanding=True)),
        AuditEvent.name == "SignedIn",
        AuditEvent.client_id == sa.bindparam("client"),
    )
    .group_by(AuditEvent.person_id)
)


def at_portal(tx: Transaction, people: Collection[str], client_id: str) -> dict[str, datetime]:
    """Return the moment by person id; a sign-in at any other portal is not the company's business."""
    rows = tx.session.execute(LAST, {"people": list(people), "client": client_id})
    return {row[0]: row[1] for row in rows}
