"""The table of codes, and its statements. Rows hold keyed digests; neither code nor address is in them in clear."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, UTCDateTime


class OneTimeCode(Base):
    """One code that was sent.

    It lives until `expires_at`, unless it ended before: redeemed, superseded or cancelled. `attempts` counts the
    tries of its (purpose, bound_to) while it lived; the codes of one pair are tried together. `alphabet` and `length`
    say how a typed code is to be read.
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (
        sa.Index("ix_one_time_codes_bound_to_purpose", "bound_to", "purpose"),
        sa.Index("ix_one_time_codes_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    bound_to: Mapped[str]
    channel: Mapped[str]
    destination_digest: Mapped[str]
    masked: Mapped[str]
    digest: Mapped[str]
    alphabet: Mapped[str]
    length: Mapped[int]
    person_id: Mapped[str]
    client_id: Mapped[str]
    attempts: Mapped[int]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


NOW = sa.bindparam("now", type_=UTCDateTime)
CODES = sa.bindparam("codes", type_=sa.Text, expanding=True)

# Bound parameters: purpose, bound_to. Newest first.
OF_PAIR = (
    sa.select(OneTimeCode.__table__)
    .where(
        OneTimeCode.purpose == sa.bindparam("purpose", type_=sa.Text),
        OneTimeCode.bound_to == sa.bindparam("bound_to", type_=sa.Text),
    )
    .order_by(OneTimeCode.id.desc())
)
# Neither ended nor expired; in this order they are locked, too.
OPEN = OF_PAIR.where(OneTimeCode.ended_at.is_(None), OneTimeCode.expires_at > NOW)
LOCK_OPEN = OPEN.with_for_update()
NEWEST = OF_PAIR.limit(1)
BY_ID = sa.select(OneTimeCode.__table__).where(OneTimeCode.id == sa.bindparam("code_id", type_=sa.Text))

INSERT = sa.insert(OneTimeCode)
COUNT_ATTEMPT = sa.update(OneTimeCode).where(OneTimeCode.id.in_(CODES)).values(attempts=OneTimeCode.attempts + 1)
# Single use: the first statement that ends an open code wins.
END = sa.update(OneTimeCode).where(OneTimeCode.id.in_(CODES), OneTimeCode.ended_at.is_(None)).values(ended_at=NOW)
