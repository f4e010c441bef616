"""Pushed authorization requests: kept sealed, named by an unguessable `request_uri`, used up at completion.

A `request_uri` may be visited for 90 seconds, also twice (a person reloads the sign-in page); it is consumed when the
code is issued, and then never again (RFC 9126 §2.2, §7.3; FAPI 2.0 Security Profile §5.3.2.2).
"""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.grants.raw_parameters import RawParameters
from idp.hot_statements import HotStatement

PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = timedelta(seconds=90)
PURPOSE = "pushed-request"


class PushedRequest(Base):
    """`id` is the fingerprint of what follows the prefix; the parameters may name a person, so they are sealed."""

    __tablename__ = "pushed_requests"

    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    sealed: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    consumed_at: Mapped[datetime | None]


INSERT = HotStatement(sa.insert(PushedRequest))
FIND = HotStatement(
    sa.select(PushedRequest.sealed).where(
        PushedRequest.id == sa.bindparam("id"),
        PushedRequest.client_id == sa.bindparam("client_id"),
        PushedRequest.consumed_at.is_(None),
        PushedRequest.expires_at > sa.bindparam("now"),
    )
)
CONSUME = HotStatement(
    sa.update(PushedRequest)
    .where(PushedRequest.id == sa.bindparam("pushed"), PushedRequest.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("now"))
)


def store(tx: Transaction, raw: RawParameters) -> str:
    """Keep a checked request and return its `request_uri`."""
    reference = random_values.token()
    key = random_values.fingerprint(reference)
    row = {
        "id": key,
        "client_id": raw.client_id,
        "sealed": tx.sealer.seal(PURPOSE, msgspec.json.encode(raw), context=key),
        "expires_at": tx.now + LIFETIME,
        "consumed_at": None,
    }
    tx.run(INSERT, row)
    return PREFIX + reference


def find(tx: Transaction, request_uri: str, *, client_id: str) -> RawParameters | None:
    """Return the request behind a `request_uri` of this client.

    None if it is unknown, over, used, or another client's.
    """
    key = random_values.fingerprint(request_uri.removeprefix(PREFIX))
    row = tx.run(FIND, {"id": key, "client_id": client_id, "now": tx.now}).first()
    if row is None:
        return None
    raw = msgspec.json.decode(tx.sealer.open(PURPOSE, row.sealed, context=key), type=RawParameters)
    return replace(raw, pushed=key)


def consume(tx: Transaction, pushed: str) -> bool:
    """Use up the request with this id; false if it was used up already."""
    return tx.run(CONSUME, {"pushed": pushed, "now": tx.now}).rowcount == 1
