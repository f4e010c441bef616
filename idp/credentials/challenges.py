"""Challenges of passkey ceremonies: made when a page is shown, without storing anything, and valid for one answer.

- A challenge is a sealed value: random bits, until when it is good, and what it carries. It opens only for the
  `bound_to` it was made for: the run, or before there is one the browser and its request.
- `spend` takes an answer that was found right, once: one INSERT decides among simultaneous ones. Wrong answers store
  nothing, so strangers cannot fill the table.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.clock import from_timestamp
from idp.database import Base, Transaction
from idp.sealing import CannotOpen, Sealer
from idp.statements import insert_if_absent

LIFETIME = timedelta(minutes=5)
PURPOSE = "passkey challenge"


class SpentChallenge(Base):
    """A challenge that was answered, by its fingerprint, until it would have ended."""

    __tablename__ = "spent_challenges"
    __table_args__ = (sa.Index(None, "expires_at"),)

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class Content(msgspec.Struct, frozen=True, array_like=True):
    """The sealed content. `carried` is any value that must be stored with the answer."""

    random: str
    expires: float
    carried: str


@dataclass(frozen=True)
class Challenge:
    """A challenge that came back in time, to where it was made for."""

    value: bytes
    carried: str
    expires_at: datetime


SPEND = insert_if_absent(SpentChallenge).returning(SpentChallenge.fingerprint)


def issue(sealer: Sealer, now: datetime, bound_to: str, *, carried: str = "") -> bytes:
    """Return a new challenge, good for `LIFETIME`. Stores nothing."""
    content = Content(random_values.token(16), (now + LIFETIME).timestamp(), carried)
    return sealer.seal(PURPOSE, msgspec.json.encode(content), context=bound_to).encode()


def opened(sealer: Sealer, now: datetime, bound_to: str, value: bytes) -> Challenge | None:
    """Return the challenge that came back; None if it was not made here, has another purpose, or is too old."""
    try:
        sealed = sealer.open(PURPOSE, value.decode("ascii"), context=bound_to)
    except (CannotOpen, UnicodeDecodeError):
        return None
    content = msgspec.json.decode(sealed, type=Content)
    expires_at = from_timestamp(content.expires)
    return Challenge(value, content.carried, expires_at) if now < expires_at else None


def spend(tx: Transaction, challenge: Challenge) -> bool:
    """Take the challenge, in the transaction that uses the answer. False: it was answered before."""
    row = {"fingerprint": random_values.fingerprint(challenge.value.decode()), "expires_at": challenge.expires_at}
    return tx.now < challenge.expires_at and tx.execute(SPEND, row).first() is not None
