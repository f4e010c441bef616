"""In which browsers a person has signed in before: an own limit budget there, a notice elsewhere."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction


class KnownBrowser(Base):
    """`browser` is the fingerprint of the browser cookie."""

    __tablename__ = "known_browsers"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    browser: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


def is_known(tx: Transaction, person_id: str, browser: str) -> bool:
    """Whether the person completed a sign-in in the browser with this cookie value before."""
    raise NotImplementedError


def remember(tx: Transaction, person_id: str, browser: str) -> bool:
    """Note a complete sign-in; returns whether the browser is new for the person. An empty cookie is always new."""
    raise NotImplementedError


def forget(tx: Transaction, person_id: str) -> None:
    """After a recovery or a report of misuse: every browser is new again."""
    raise NotImplementedError


def purge(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete at most `limit` browsers not seen since that moment; returns how many."""
    raise NotImplementedError
