"""Authenticator apps of a person: time-based codes (RFC 6238) of six digits and thirty seconds.

- The secret is sealed; only the page that shows the QR code opens it for a person, and only until the first right code.
- An app counts once a right code has confirmed it. Unconfirmed rows are deleted after a day.
- A code is accepted one step early or late. One conditional UPDATE keeps the step, so no code works twice (§5.2).
"""

import re
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.authenticators import AuthenticatorAdded, AuthenticatorRemoved, AuthenticatorRenamed
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.readings import until_written

SEAL = "authenticator secret"
MOST = 5
"""The largest number of apps of one person; more would help an attacker who guesses codes."""
STEP = 30  # seconds
TOLERATED = (0, -1, 1)  # steps
LONGEST_NAME = 60
SECRET_BYTES = 20  # RFC 4226 §4, R6

_NOT_A_DIGIT = re.compile(r"[^0-9]")


class Authenticator(Base):
    """`last_step` is the newest step a code was accepted for. `confirmed_at` is empty until the first right code."""

    __tablename__ = "authenticators"
    __table_args__ = (sa.Index(None, "person_id"), sa.Index(None, "confirmed_at", "added_at"))

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    name: Mapped[str]
    sealed_secret: Mapped[str]
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    added_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True)
class AuthenticatorSummary:
    """An app as its owner and the desk see it."""

    id: str
    name: str
    added_at: datetime
    last_used_at: datetime | None


OF_PERSON = Authenticator.person_id == sa.bindparam("person")
CONFIRMED = (OF_PERSON, Authenticator.confirmed_at.is_not(None))
COUNT = sa.select(sa.func.count()).where(*CONFIRMED)
READY = sa.select(Authenticator.id, Authenticator.sealed_secret).where(*CONFIRMED).order_by(Authenticator.id)
LIST = (
    sa.select(
        Authenticator.id,
        Authenticator.name,
        Authenticator.confirmed_at.label("added_at"),
        Authenticator.last_used_at,
    )
    .where(*CONFIRMED)
    .order_by(Authenticator.id)
)
UNCONFIRMED = sa.select(Authenticator.id).where(OF_PERSON, Authenticator.confirmed_at.is_(None))
THIS = (Authenticator.id == sa.bindparam("wanted"), OF_PERSON)
ACCEPT = (
    sa.update(Authenticator)
    .where(*THIS, Authenticator.confirmed_at.is_not(None), Authenticator.last_step < sa.bindparam("step"))
    .values(last_step=sa.bindparam("step"), last_used_at=sa.bindparam("now"))
)
CONFIRM = (
    sa.update(Authenticator)
    .where(*THIS, Authenticator.confirmed_at.is_(None))
    .values(confirmed_at=sa.bindparam("now"), last_step=sa.bindparam("step"), name=sa.bindparam("called"))
)
RENAME = sa.update(Authenticator).where(*THIS).values(name=sa.bindparam("called"))
REMOVE = sa.delete(Authenticator).where(*THIS, Authenticator.confirmed_at.is_not(None)).returning(Authenticator.name)
FORGET = sa.delete(Authenticator).where(OF_PERSON)


def begin(tx: Transaction, person_id: str) -> str:
    """Store an unconfirmed app with a new secret; returns its id. The person's oldest unconfirmed ones go."""
    waiting = tx.execute(UNCONFIRMED.order_by(Authenticator.id.desc()), {"person": person_id}).scalars().all()
    tx.execute(sa.delete(Authenticator).where(Authenticator.id.in_(waiting[MOST - 1 :])))
    new_id = random_values.new_id(tx.now)
    sealed = tx.sealer.seal(SEAL, random_values.token_bytes(SECRET_BYTES), context=new_id)
    tx.add(Authenticator(id=new_id, person_id=person_id, name="", sealed_secret=sealed, added_at=tx.now))
    return new_id


def unconfirmed_secret(tx: Transaction, person_id: str, authenticator_id: str) -> str:
    """Return the secret (Base32) of an app that waits for its first code; empty: there is no such app."""
    waiting = sa.select(Authenticator.sealed_secret).where(*THIS, Authenticator.confirmed_at.is_(None))
    sealed = tx.execute(waiting, {"wanted": authenticator_id, "person": person_id}).scalar()
    return _opened(tx, authenticator_id, sealed) if sealed else ""


def confirm(tx: Transaction, person_id: str, authenticator_id: str, typed: str, *, name: str) -> str:
    """Activate the app by its first code; returns the reference of the event. Empty: the code is wrong, or the app
    waits no more, or the person has `MOST` already."""
    secret = unconfirmed_secret(tx, person_id, authenticator_id)
    step = _step_of(secret, typed, tx.now) if secret else None
    if step is None or count(tx, person_id) >= MOST:
        return ""
    changes = {"wanted": authenticator_id, "person": person_id, "now": tx.now, "step": step, "called": name}
    if tx.execute(CONFIRM, changes).rowcount != 1:
        return ""
    return record(tx, AuthenticatorAdded(person_id=person_id, authenticator_id=authenticator_id))


def accept(tx: Transaction, person_id: str, typed: str) -> str:
    """Return the id of the app whose code this is; empty: of none, or the code was accepted before."""
    for row in tx.execute(READY, {"person": person_id}).all():
        step = _step_of(_opened(tx, row.id, row.sealed_secret), typed, tx.now)
        used = {"wanted": row.id, "person": person_id, "step": step, "now": tx.now}
        if step is not None and tx.execute(ACCEPT, used).rowcount == 1:
            return str(row.id)
    return ""


@until_written
def count(tx: Transaction, person_id: str) -> int:
    """Return how many confirmed apps the person has."""
    return int(tx.execute(COUNT, {"person": person_id}).scalar_one())


def holds(tx: Transaction, person_id: str, authenticator_id: str) -> bool:
    """Return whether this app is still one of the person's."""
    return any(each.id == authenticator_id for each in listed(tx, person_id))


def listed(tx: Transaction, person_id: str) -> list[AuthenticatorSummary]:
    """Return the confirmed apps of the person, oldest first."""
    return [AuthenticatorSummary(**row._mapping) for row in tx.execute(LIST, {"person": person_id})]


def rename(tx: Transaction, person_id: str, authenticator_id: str, name: str) -> bool:
    """Give the app another name. False: the person has no such app."""
    changes = {"wanted": authenticator_id, "person": person_id, "called": name[:LONGEST_NAME]}
    if tx.execute(RENAME, changes).rowcount != 1:
        return False
    record(tx, AuthenticatorRenamed(person_id=person_id, authenticator_id=authenticator_id))
    return True


def remove(tx: Transaction, person_id: str, authenticator_id: str, *, reason: str) -> str:
    """Remove the app; returns the reference of the event, empty where there is no such app.

    `idp.actions.remove_method` first asks `required_methods`; it also notifies the person.
    """
    if tx.execute(REMOVE, {"wanted": authenticator_id, "person": person_id}).first() is None:
        return ""
    return record(tx, AuthenticatorRemoved(person_id=person_id, authenticator_id=authenticator_id, reason=reason))


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the apps of an erased person."""
    tx.execute(FORGET, {"person": person_id})


def install(tx: Transaction, person_id: str, *, name: str, secret: str) -> str:
    """Store a confirmed app with a known secret (Base32); returns its id. For demonstration people and tests."""
    new_id = random_values.new_id(tx.now)
    sealed = tx.sealer.seal(SEAL, pyotp.TOTP(secret).byte_secret(), context=new_id)
    row = Authenticator(id=new_id, person_id=person_id, name=name, sealed_secret=sealed, added_at=tx.now)
    row.confirmed_at = tx.now
    tx.add(row)
    return new_id


def _opened(tx: Transaction, authenticator_id: str, sealed: str) -> str:
    """Return the secret as apps take it (RFC 4648 §6, without padding)."""
    return b32encode(tx.sealer.open(SEAL, sealed, context=authenticator_id)).rstrip(b"=").decode()


def _step_of(secret: str, typed: str, now: datetime) -> int | None:
    """Return the step whose code was typed, among the current one and its neighbours."""
    code = _NOT_A_DIGIT.sub("", unicodedata.normalize("NFKC", typed))
    totp, present = pyotp.TOTP(secret, interval=STEP), int(now.timestamp()) // STEP
    matching = [present + off for off in TOLERATED if random_values.same(totp.generate_otp(present + off), code)]
    return matching[0] if matching else None
