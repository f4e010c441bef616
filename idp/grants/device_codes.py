"""Device authorizations (RFC 8628): a television waits while its owner types a code in a browser.

- The device polls with 256 random bits, stored as their fingerprint; the person types eight consonants, stored as a
  keyed digest and throttled where they are typed.
- Each is good for ten minutes. One conditional UPDATE decides, one hands the authorization out, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.authorization import DeviceDenied
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.grants import authorization as authorizations
from idp.grants.authorization import Authorization
from idp.grants.raw_parameters import RawParameters

LIFETIME = timedelta(minutes=10)
INTERVAL = timedelta(seconds=5)
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words (RFC 8628 §6.1)
LENGTH = 8
PURPOSE = "device-user-code"

Waiting = Literal["pending", "slow_down", "denied", "expired", "unknown"]


class DeviceCode(Base):
    """`parameters` and `resources` are the device's request; `authorization` is empty until a person allows it.

    The device may ask again from `next_poll_at` on; one that asks too early has to wait longer each time (§3.5).
    """

    __tablename__ = "device_codes"

    id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    user_code: Mapped[str] = mapped_column(index=True)
    client_id: Mapped[str]
    parameters: Mapped[dict[str, object]]
    resources: Mapped[list[str]]
    authorization: Mapped[str]
    interval: Mapped[int]
    next_poll_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    decided_at: Mapped[datetime | None]
    handed_out_at: Mapped[datetime | None]


@dataclass(frozen=True)
class IssuedDeviceCode:
    """`device_code` goes to the device only, `user_code` (`BCDF-GHJK`) onto its screen."""

    device_code: str
    user_code: str


INSERT = sa.insert(DeviceCode)
LIVE = (
    DeviceCode.decided_at.is_(None),
    DeviceCode.expires_at > sa.bindparam("now"),
)
OPEN = sa.select(DeviceCode.id, DeviceCode.client_id, DeviceCode.parameters, DeviceCode.resources).where(*LIVE)
BY_USER_CODE = OPEN.where(DeviceCode.user_code.in_(sa.bindparam("codes", expanding=True))).order_by(
    DeviceCode.id.desc()
)
BY_ID = OPEN.where(DeviceCode.id == sa.bindparam("device"))
DECIDE = (
    sa.update(DeviceCode)
    .where(DeviceCode.id == sa.bindparam("device"), *LIVE)
    .values(decided_at=sa.bindparam("now"), authorization=sa.bindparam("allowed"))
    .returning(DeviceCode.client_id)
)
POLLED = sa.select(DeviceCode.__table__).where(
    DeviceCode.fingerprint == sa.bindparam("code"), DeviceCode.client_id == sa.bindparam("client")
)
WAIT = (
    sa.update(DeviceCode)
    .where(DeviceCode.id == sa.bindparam("device"))
    .values(interval=sa.bindparam("seconds"), next_poll_at=sa.bindparam("again"))
)
HAND_OUT = (
    sa.update(DeviceCode)
    .where(DeviceCode.id == sa.bindparam("device"), DeviceCode.handed_out_at.is_(None))
    .values(handed_out_at=sa.bindparam("now"))
)


def issue(tx: Transaction, raw: RawParameters) -> IssuedDeviceCode:
    """Let the request of a device wait for a person."""
    device_code, typed = random_values.token(), random_values.code(LENGTH, ALPHABET)
    row = {
        "id": random_values.new_id(tx.now),
        "fingerprint": random_values.fingerprint(device_code),
        "user_code": tx.sealer.digest(PURPOSE, typed),
        "client_id": raw.client_id,
        "parameters": raw.parameters,
        "resources": list(raw.resources),
        "authorization": "",
        "interval": int(INTERVAL.total_seconds()),
        "next_poll_at": tx.now,
        "expires_at": tx.now + LIFETIME,
        "decided_at": None,
        "handed_out_at": None,
    }
    tx.execute(INSERT, row)
    return IssuedDeviceCode(device_code, f"{typed[:4]}-{typed[4:]}")


def find(tx: Transaction, typed: str) -> RawParameters | None:
    """Return the waiting request with this user code, however it was typed.

    Lower case, with blanks or a dash (§6.1).
    """
    letters = "".join(letter for letter in typed.upper()[:100] if letter in ALPHABET)
    return _waiting(tx, BY_USER_CODE, {"codes": list(tx.sealer.digests(PURPOSE, letters)), "now": tx.now})


def by_id(tx: Transaction, device: str) -> RawParameters | None:
    """Return the waiting request with this id, if nobody has decided yet."""
    return _waiting(tx, BY_ID, {"device": device, "now": tx.now})


def allow(tx: Transaction, device: str, authorization: Authorization) -> bool:
    """Let the device have this authorization. False: too late, or decided before."""
    allowed = authorizations.to_json(authorization)
    return tx.execute(DECIDE, {"device": device, "allowed": allowed, "now": tx.now}).first() is not None


def deny(tx: Transaction, device: str) -> bool:
    """Turn the device away. False: too late, or decided before."""
    denied = tx.execute(DECIDE, {"device": device, "allowed": "", "now": tx.now}).first()
    if denied is not None:
        record(tx, DeviceDenied(client_id=denied.client_id))
    return denied is not None


def poll(tx: Transaction, device_code: str, *, client_id: str) -> Authorization | Waiting:
    """Answer a poll of the device (§3.4, §3.5). The authorization is handed out once, even to simultaneous polls."""
    row = tx.execute(POLLED, {"code": random_values.fingerprint(device_code), "client": client_id}).first()
    if row is None or row.handed_out_at is not None:
        return "unknown"
    if row.decided_at is not None and not row.authorization:
        return "denied"
    if row.expires_at <= tx.now:
        return "expired"
    if row.decided_at is None:
        return _wait(tx, row)
    if tx.execute(HAND_OUT, {"device": row.id, "now": tx.now}).rowcount != 1:
        return "unknown"
    return authorizations.from_json(row.authorization)


def _wait(tx: Transaction, row: Any) -> Waiting:
    hurried = tx.now < row.next_poll_at
    seconds = row.interval + int(INTERVAL.total_seconds()) if hurried else row.interval
    tx.execute(WAIT, {"device": row.id, "seconds": seconds, "again": tx.now + timedelta(seconds=seconds)})
    return "slow_down" if hurried else "pending"


def _waiting(tx: Transaction, statement: sa.Executable, values: Mapping[str, object]) -> RawParameters | None:
    row = tx.execute(statement, values).first()
    if row is None:
        return None
    return RawParameters(parameters=row.parameters, resources=tuple(row.resources), device=row.id)
