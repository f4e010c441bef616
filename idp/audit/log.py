"""The append-only table of events, written in the transaction that changes the state."""

from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit import sign_in_counter
from idp.audit.events.event import Event
from idp.database import Base, Transaction
from idp.hot_statements import HotStatement

COMMON = {field.name for field in fields(Event)}
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


IS_UNNUMBERED, IS_NUMBERED = sa.text("line IS NULL"), sa.text("line IS NOT NULL")


class AuditEvent(Base):
    """One event, never changed. `line` is its place among the lines that left the database (`idp.audit.chain`), empty
    until it has one. `reference` is short enough to be read out to the desk and is printed in notices."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.Index("ix_audit_events_person_at", "person_id", "at"),
        sa.Index("ix_audit_events_organisation_at", "organisation_id", "at"),
        sa.Index("ix_audit_events_at", "at"),
        sa.Index("ix_audit_events_client_id", "client_id", "id"),
        sa.Index("ix_audit_events_reference", "reference"),
        sa.Index("ix_audit_events_request_id", "request_id"),
        sa.Index("ix_audit_events_unnumbered", "id", sqlite_where=IS_UNNUMBERED, postgresql_where=IS_UNNUMBERED),
        sa.Index("uq_audit_events_line", "line", unique=True, sqlite_where=IS_NUMBERED, postgresql_where=IS_NUMBERED),
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
    details: Mapped[dict[str, object]]
    line: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)


INSERT = HotStatement(sa.insert(AuditEvent.__table__))  # type: ignore[arg-type]


def record(tx: Transaction, event: Event) -> str:
    """Append the event, tell observers, and return its reference (`8F3K-22QX`), for the notice that goes with it."""
    letters = random_values.code(8, REFERENCE_ALPHABET)
    reference = f"{letters[:4]}-{letters[4:]}"
    details = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in COMMON}
    tx.run(
        INSERT,
        {
            "id": random_values.new_id(tx.now),
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
    sign_in_counter.count(event)
    tx.tell(event)
    return reference
