"""A session: a random token in the browser's cookie, its fingerprint and everything else in the database.

`find` is hot: one Core query, no write, no ORM. It never returns a session that is ended, idle for too long, past its
absolute end, of another group, or of a person who is not active.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction
from idp.settings import Sessions


class SessionRow(Base):
    """`idle_until` moves with use, `expires_at` does not. `id` is not a secret: it is what grants and journals name."""

    __tablename__ = "sessions"
    __table_args__ = (sa.Index(None, "person_id"), sa.Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    sso_group: Mapped[str]
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    acr: Mapped[str]
    amr: Mapped[list[str]]
    started_at: Mapped[datetime]
    signed_in_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `signed_in_at` is the `auth_time` of tokens: the last full proof."""

    id: str
    person_id: str
    group: str
    acr: str
    amr: tuple[str, ...]
    started_at: datetime
    signed_in_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


def find(tx: Transaction, token: str, group: str) -> Session | None:
    """The live session behind this cookie. Any text is allowed."""
    raise NotImplementedError


def by_id(tx: Transaction, session_id: str) -> Session | None:
    """The live session with this id (for refresh tokens bound to it)."""
    raise NotImplementedError


def touch(tx: Transaction, session: Session, settings: Sessions) -> bool:
    """Note that the session is used, at most once per `settings.touch`; returns whether it wrote."""
    raise NotImplementedError


def of_person(tx: Transaction, person_id: str) -> list[Session]:
    """The person's live sessions, last used first (X-16)."""
    raise NotImplementedError


def purge(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete at most `limit` sessions that were over before that moment; returns how many."""
    raise NotImplementedError
