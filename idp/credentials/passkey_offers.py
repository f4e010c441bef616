"""Declined offers of a passkey: « later » is remembered, so that nobody is asked at every sign-in."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.passkeys import PasskeyPutOff
from idp.audit.log import record
from idp.credentials import passkeys
from idp.database import Base, Transaction
from idp.statements import upsert

REST = timedelta(days=90)


class PasskeyOffer(Base):
    """The time when the person last declined a passkey."""

    __tablename__ = "passkey_offers"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    put_off_at: Mapped[datetime]


PUT_OFF_AT = sa.select(PasskeyOffer.put_off_at).where(PasskeyOffer.person_id == sa.bindparam("person"))
PUT_OFF = upsert(PasskeyOffer, ["person_id"], ["put_off_at"])
FORGET = sa.delete(PasskeyOffer).where(PasskeyOffer.person_id == sa.bindparam("person"))


def is_due(tx: Transaction, person_id: str, *, anew: bool = False) -> bool:
    """Return whether the person has no passkey, and did not put one off within `REST`. `again`: the one of this device
    went missing, so others elsewhere do not matter."""
    put_off_at = tx.execute(PUT_OFF_AT, {"person": person_id}).scalar()
    return (put_off_at is None or put_off_at + REST <= tx.now) and (anew or not passkeys.has_any(tx, person_id))


def put_off(tx: Transaction, person_id: str) -> None:
    """Remember that the person declined for now."""
    tx.execute(PUT_OFF, {"person_id": person_id, "put_off_at": tx.now})
    record(tx, PasskeyPutOff(person_id=person_id))


def forget(tx: Transaction, person_id: str) -> None:
    """Delete what is remembered of an erased person."""
    tx.execute(FORGET, {"person": person_id})
