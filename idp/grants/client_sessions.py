"""The session of a person at one client: what `sid` names in ID tokens and logout tokens.

One row per provider session and client: a second authorization in the same session has the same `sid`
(OIDC Back-Channel Logout §2.1, Front-Channel Logout §3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.clients.client import Client
from idp.database import Base, Transaction
from idp.hot_statements import HotStatement
from idp.statements import upsert


class ClientSessionRow(Base):
    """`id` is the `sid`. `knows_organisations`: the access rests on the person's companies (B-42).

    `wants_logout`: the client had a back-channel logout address when the person signed in there.
    """

    __tablename__ = "client_sessions"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "client_id"),
        sa.Index("ix_client_sessions_person_id", "person_id"),
        sa.Index("ix_client_sessions_started_at", "started_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str]
    client_id: Mapped[str]
    person_id: Mapped[str]
    subject: Mapped[str]
    knows_organisations: Mapped[bool]
    wants_logout: Mapped[bool]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True)
class ClientSession:
    """`sid`, and whom it joins."""

    sid: str
    client_id: str
    person_id: str
    subject: str
    session_id: str


FIND = HotStatement(
    sa.select(ClientSessionRow.id, ClientSessionRow.knows_organisations).where(
        ClientSessionRow.session_id == sa.bindparam("session_id"),
        ClientSessionRow.client_id == sa.bindparam("client_id"),
        ClientSessionRow.ended_at.is_(None),
    )
)
# An ended row of the same session and client is a finished story (rights were taken away, then the person came back):
# it gets a new `sid`, so that a late logout token for the old one cannot end the new one.
OPEN = upsert(
    ClientSessionRow,
    ["session_id", "client_id"],
    ["id", "subject", "knows_organisations", "wants_logout", "started_at", "ended_at"],
    where=ClientSessionRow.ended_at.is_not(None),
).returning(ClientSessionRow.id, ClientSessionRow.knows_organisations)
OPEN_ANYWAY = HotStatement(OPEN)
TELL_ORGANISATIONS = HotStatement(
    sa.update(ClientSessionRow).where(ClientSessionRow.id == sa.bindparam("sid")).values(knows_organisations=True)
)
LIVE = sa.select(
    ClientSessionRow.id,
    ClientSessionRow.client_id,
    ClientSessionRow.person_id,
    ClientSessionRow.subject,
    ClientSessionRow.session_id,
).where(ClientSessionRow.ended_at.is_(None))
OF_SESSION = LIVE.where(ClientSessionRow.session_id == sa.bindparam("session_id")).order_by(ClientSessionRow.id)
BY_SID = LIVE.where(ClientSessionRow.id == sa.bindparam("sid"))


def open_session(
    tx: Transaction,
    *,
    session_id: str,
    client: Client,
    person_id: str,
    subject: str,
    knows_organisations: bool,
    insert: HotStatement = OPEN_ANYWAY,
    **condition: object,
) -> str:
    """Return the `sid` of this provider session at this client, made at the first authorization.

    `insert` may depend on a `condition` (`insert_from`): empty if that is unmet, or the session at the client is open.
    """
    key = {"session_id": session_id, "client_id": client.client_id}
    fresh = {"id": random_values.token(16), "person_id": person_id, "subject": subject, "started_at": tx.now}
    flags = {"knows_organisations": knows_organisations, "wants_logout": bool(client.backchannel_logout_uri)}
    opened = tx.run(insert, {**key, **fresh, **flags, **condition, "ended_at": None}).first()
    if opened is None and condition:
        return ""
    found = opened if opened is not None else tx.run(FIND, key).one()
    if knows_organisations and not found.knows_organisations:
        tx.run(TELL_ORGANISATIONS, {"sid": found.id})
    return str(found.id)


def of_session(tx: Transaction, session_id: str) -> Sequence[ClientSession]:
    """Return the clients a session is signed in to: for front-channel logout and the account pages."""
    return [_read(row) for row in tx.execute(OF_SESSION, {"session_id": session_id})]


def clients_of(tx: Transaction, person_id: str) -> set[str]:
    """Return the clients that the person reached lately, ended sessions included."""
    reached = sa.select(ClientSessionRow.client_id).where(ClientSessionRow.person_id == person_id).distinct()
    return set(tx.session.scalars(reached))


def find(tx: Transaction, sid: str) -> ClientSession | None:
    """Return the live client session of this `sid`."""
    row = tx.execute(BY_SID, {"sid": sid}).first()
    return _read(row) if row is not None else None


def _read(row: Any) -> ClientSession:
    return ClientSession(row.id, row.client_id, row.person_id, row.subject, row.session_id)
