"""The append-only table of events, written in the transaction that changes the state."""

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import opaque
from idp.audit.events.event import Event
from idp.database import Base, Transaction

COMMON = {field.name for field in fields(Event)}
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class AuditEvent(Base):
    """One event. `reference` is short enough to be read out to the desk and is printed in notices."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.Index("ix_audit_events_person_at", "person_id", "at"),
        sa.Index("ix_audit_events_organisation_at", "organisation_id", "at"),
        sa.Index("ix_audit_events_at", "at"),
        sa.Index("ix_audit_events_reference", "reference"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    name: Mapped[str]
    reference: Mapped[str]
    person_id: Mapped[str]
    organisation_id: Mapped[str]
    client_id: Mapped[str]
    actor: Mapped[str]
    request_id: Mapped[str]
    address: Mapped[str]
    user_agent: Mapped[str]
    details: Mapped[dict[str, Any]]


INSERT = sa.insert(AuditEvent.__table__)  # type: ignore[arg-type]


def record(tx: Transaction, event: Event) -> str:
    """Append the event and return its reference (`8F3K-22QX`), for the notice that goes with it."""
    letters = opaque.code(8, REFERENCE_ALPHABET)
    reference = f"{letters[:4]}-{letters[4:]}"
    details = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in COMMON}
    tx.execute(
        INSERT,
        {
            "id": opaque.new_id(tx.now),
            "at": tx.now,
            "name": type(event).__name__,
            "reference": reference,
            "person_id": event.person_id,
            "organisation_id": event.organisation_id,
            "client_id": event.client_id or tx.origin.client_id,
            "actor": tx.origin.actor,
            "request_id": tx.origin.request_id,
            "address": tx.origin.address,
            "user_agent": tx.origin.user_agent[:200],
            "details": details,
        },
    )
    return reference


def purge(tx: Transaction, before: datetime, *, batch: int) -> int:
    """Delete up to `batch` events of before that moment; how many went. Those of a company are in its journal."""
    due = sa.select(AuditEvent.id).where(AuditEvent.at < before, AuditEvent.organisation_id == "").limit(batch)
    return tx.execute(sa.delete(AuditEvent).where(AuditEvent.id.in_(due))).rowcount
