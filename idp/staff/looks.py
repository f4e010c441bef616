"""Looks at records: who looked at whom and why. A record opens for a session only after its reason was given.

The reason is asked once for a record and session; pages that are shown again within it write nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.desk import PersonLookedUp, RecordLookedUp
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.statements import upsert

Kind = Literal["person", "insured", "former", "company"]
PERSON: Kind = "person"
INSURED: Kind = "insured"
FORMER: Kind = "former"
COMPANY: Kind = "company"


class StaffLook(Base):
    """A record that is open in a session. `revealed`: with addresses in clear."""

    __tablename__ = "staff_looks"
    __table_args__ = (sa.Index(None, "at"),)

    session_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    revealed: Mapped[bool]
    at: Mapped[datetime]


KEEP = upsert(StaffLook, ["session_id", "kind", "subject_id"], ["reason", "revealed", "at"])


def take(tx: Transaction, session_id: str, kind: Kind, subject_id: str, *, reason: str, revealed: bool = False) -> None:
    """Open the record for this session, with the event that says so. The caller checked that it is seen."""
    row = {"session_id": session_id, "kind": kind, "subject_id": subject_id, "reason": reason, "revealed": revealed}
    tx.execute(KEEP, {**row, "at": tx.now})
    if kind == PERSON:
        record(tx, PersonLookedUp(person_id=subject_id, revealed=revealed, reason=reason))
    else:
        organisation_id = subject_id if kind == COMPANY else ""
        record(tx, RecordLookedUp(organisation_id=organisation_id, kind=kind, subject_id=subject_id, reason=reason))


def opened_people(tx: Transaction, session_id: str) -> Sequence[str]:
    """Return the ids of the persons whose records are open in this session, the last opened first."""
    open_ = sa.select(StaffLook.subject_id).where(StaffLook.session_id == session_id, StaffLook.kind == PERSON)
    return tx.session.scalars(open_.order_by(StaffLook.at.desc(), StaffLook.subject_id)).all()


def taken(tx: Transaction, session_id: str, kind: Kind, subject_id: str) -> StaffLook | None:
    """Return the look that opened this record in this session."""
    return tx.session.get(StaffLook, (session_id, kind, subject_id))
