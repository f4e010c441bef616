"""The registration code: its row and its states.

    created → sent → opened → used
                       ↘ expired | withdrawn | replaced

`created` is drawn and not yet on paper or in a mail; `opened` was typed on a page, which never spends it (C-15).
`expired` is not stored: it is what a code becomes when its instant passes. One subject has at most one live code
(C-17): a partial unique index says so even under concurrent clerks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base

DIGEST = "registration-code"


class RegistrationCodeKind:
    """The role that a person gets by registering with the code. It decides the meaning of `subject_id`."""

    INSURED = "insured"  # an insured person of a fund: InsuredPerson.id
    ADMINISTRATOR = "administrator"  # the administrator of a company: Organisation.id
    MEMBER = "member"  # a user whom an administrator invited: Membership.id


class Channel:
    """How the code reaches its reader."""

    LETTER = "letter"
    EMAIL = "email"


class RegistrationCodeState:
    """The states of a code. The first five are stored."""

    CREATED = "created"
    SENT = "sent"
    OPENED = "opened"
    USED = "used"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    EXPIRED = "expired"


LIVE = (RegistrationCodeState.CREATED, RegistrationCodeState.SENT, RegistrationCodeState.OPENED)
_LIVE_ONLY = sa.text("state IN ('created', 'sent', 'opened')")


class RegistrationCode(Base):
    """One code. `reference` is printed on the letter and may be read out to the desk; it opens nothing."""

    __tablename__ = "registration_codes"
    __table_args__ = (
        sa.Index("uq_registration_codes_code_digest", "code_digest", unique=True),
        sa.Index("uq_registration_codes_reference", "reference", unique=True),
        sa.Index(
            "uq_registration_codes_live_subject",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=_LIVE_ONLY,
            postgresql_where=_LIVE_ONLY,
        ),
        sa.Index("ix_registration_codes_subject_id", "subject_id"),
        sa.Index("ix_registration_codes_campaign_id", "campaign_id"),
        sa.Index("ix_registration_codes_expires_at", "expires_at"),
        sa.Index("ix_registration_codes_fund", "fund", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    kind: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str]
    client_id: Mapped[str]
    fund: Mapped[str]
    subject_id: Mapped[str]
    campaign_id: Mapped[str]
    language: Mapped[str]
    code_digest: Mapped[str | None]  # emptied once nobody can ask for the cause any more (retention)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str]
    person_id: Mapped[str]


@dataclass(frozen=True)
class RegistrationCodeDetails:
    """A code's details for journeys and staff: everything except the code itself."""

    id: str
    reference: str
    kind: str
    channel: str
    state: str
    client_id: str
    fund: str
    subject_id: str
    campaign_id: str
    language: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    used_at: datetime | None
    ended_at: datetime | None
    reason: str
    person_id: str

    def state_at(self, now: datetime) -> str:
        """Return the state people are told: a live code whose instant has passed is expired."""
        return RegistrationCodeState.EXPIRED if self.state in LIVE and now >= self.expires_at else self.state

    def live_at(self, now: datetime) -> bool:
        """Return whether a registration may still be finished with it."""
        return self.state_at(now) in LIVE


_COLUMNS = [RegistrationCode.__table__.c[name] for name in RegistrationCodeDetails.__dataclass_fields__]


def select_codes() -> sa.Select[Any]:
    """Return a statement that reads whole codes; narrow it and read the rows with `read_code`."""
    return sa.select(*_COLUMNS)


def read_code(row: sa.Row[Any]) -> RegistrationCodeDetails:
    return RegistrationCodeDetails(**row._asdict())
