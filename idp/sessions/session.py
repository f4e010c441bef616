"""A session: a random token in the browser's cookie, its fingerprint and everything else in the database.

`find` is hot: one Core query, no write, no ORM. It never returns a session that is ended, idle for too long, past its
absolute end, of another group, or of a person who is not active.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.hot_statements import HotStatement
from idp.people.person import ACTIVE, Person, name_of
from idp.sessions.assurance import Proof, methods_behind
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
    proofs: Mapped[list[Any]] = mapped_column(sa.JSON, default=list, server_default=sa.text("'[]'"))
    started_at: Mapped[datetime]
    signed_in_at: Mapped[datetime]
    signed_in_for: Mapped[str] = mapped_column(server_default="")
    last_seen_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[str] = mapped_column(default="")


ANSWERS_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `signed_in_at` is the `auth_time` of tokens: the last full proof. `signed_in_for` is the id of
    the authorization request that it was given for, or empty."""

    id: str
    person_id: str
    group: str
    acr: str
    amr: tuple[str, ...]
    proofs: tuple[Proof, ...]
    started_at: datetime
    signed_in_at: datetime
    signed_in_for: str
    last_seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


COLUMNS = (
    SessionRow.id,
    SessionRow.person_id,
    SessionRow.sso_group,
    SessionRow.acr,
    SessionRow.amr,
    SessionRow.proofs,
    SessionRow.started_at,
    SessionRow.signed_in_at,
    SessionRow.signed_in_for,
    SessionRow.last_seen_at,
    SessionRow.expires_at,
    SessionRow.address,
    SessionRow.user_agent,
)
LIVE = (
    sa.select(*COLUMNS)
    .join(Person, Person.id == SessionRow.person_id)
    .where(
        SessionRow.ended_at.is_(None),
        SessionRow.idle_until > sa.bindparam("now"),
        SessionRow.expires_at > sa.bindparam("now"),
        Person.state == ACTIVE,
    )
)
FIND = LIVE.where(SessionRow.fingerprint == sa.bindparam("fingerprint"), SessionRow.sso_group == sa.bindparam("group"))
BY_ID = LIVE.where(SessionRow.id == sa.bindparam("session"))
HELD_BY_ID = BY_ID.with_for_update(of=SessionRow, key_share=True)
BY_TOKEN, LIVE_BY_ID, LOCK = HotStatement(FIND), HotStatement(BY_ID), HotStatement(HELD_BY_ID)
OF_PERSON = LIVE.where(SessionRow.person_id == sa.bindparam("person")).order_by(SessionRow.last_seen_at.desc())
ENDED_AGENT = sa.select(SessionRow.user_agent).where(
    SessionRow.id == sa.bindparam("session"),
    SessionRow.person_id == sa.bindparam("person"),
    SessionRow.ended_at.is_not(None),
)
TOUCH = HotStatement(
    sa.update(SessionRow)
    .where(
        SessionRow.id == sa.bindparam("session"),
        SessionRow.ended_at.is_(None),
        SessionRow.last_seen_at <= sa.bindparam("seen_before"),
    )
    .values(last_seen_at=sa.bindparam("now"), idle_until=sa.bindparam("until"))
)


def find(tx: Transaction, token: str, group: str) -> Session | None:
    """Return the live session behind this cookie. Any text is allowed; without one, nobody is asked."""
    if not token:
        return None
    return _session(tx.run(BY_TOKEN, asked(tx, token, group)).first())


def asked(tx: Transaction, token: str, group: str) -> dict[str, object]:
    """Return the parameters of `FIND`."""
    return {"fingerprint": random_values.fingerprint(token), "group": group, "now": tx.now}


def by_id(tx: Transaction, session_id: str) -> Session | None:
    """Return the live session with this id (for refresh tokens bound to it)."""
    return _session(tx.run(LIVE_BY_ID, {"session": session_id, "now": tx.now}).first())


def lock(tx: Transaction, session_id: str) -> Session | None:
    """Return the live session with this id; it cannot end before this transaction has.

    The transaction that ends it then sees what was begun here.
    """
    return _session(tx.run(LOCK, {"session": session_id, "now": tx.now}).first())


def owner_name(tx: Transaction, session: Session) -> str:
    """Return the name of the person whose session it is."""
    return name_of(tx, session.person_id)


def was_made_for(session: Session, request_id: str, now: datetime) -> bool:
    """Return whether the last full proof was given for this very authorization request, within the hour.

    A proof that is only newer than the request says nothing: it may have been given for another one.
    """
    recent = now - session.signed_in_at <= ANSWERS_FOR
    return bool(request_id) and session.signed_in_for == request_id and recent


def touch(tx: Transaction, session: Session, settings: Sessions) -> bool:
    """Note that the session is used, at most once per `settings.touch`; return whether it wrote."""
    if not needs_touch(session, settings, tx.now):
        return False
    seen = {
        "session": session.id,
        "seen_before": tx.now - timedelta(seconds=settings.touch),
        "now": tx.now,
        "until": min(tx.now + timedelta(seconds=settings.idle), session.expires_at),
    }
    return tx.run(TOUCH, seen).rowcount == 1


def needs_touch(session: Session, settings: Sessions, now: datetime) -> bool:
    """Return whether `touch` would write: lets a page that only reads open no writing transaction for nothing."""
    return now - session.last_seen_at >= timedelta(seconds=settings.touch)


def of_person(tx: Transaction, person_id: str) -> list[Session]:
    """Return the person's live sessions, last used first (X-16)."""
    rows = tx.execute(OF_PERSON, {"person": person_id, "now": tx.now})
    return [session for session in map(_session, rows) if session is not None]


def ended_user_agent(tx: Transaction, person_id: str, session_id: str) -> str | None:
    """Return the browser of a session of the person that was ended; None: they had no such session, or it is live."""
    return tx.execute(ENDED_AGENT, {"session": session_id, "person": person_id}).scalar() if session_id else None


def _session(row: sa.Row[Any] | None) -> Session | None:
    return Session(**fields_of(row)) if row is not None else None


def fields_of(row: sa.Row[Any]) -> dict[str, Any]:
    """Return the fields of the session in a row of `FIND`, which may have more columns."""
    return {
        "id": row.id,
        "person_id": row.person_id,
        "group": row.sso_group,
        "acr": row.acr,
        "amr": tuple(row.amr),
        "proofs": _proofs(row),
        "started_at": row.started_at,
        "signed_in_at": row.signed_in_at,
        "signed_in_for": row.signed_in_for,
        "last_seen_at": row.last_seen_at,
        "expires_at": row.expires_at,
        "address": row.address,
        "user_agent": row.user_agent,
    }


def _proofs(row: sa.Row[Any]) -> tuple[Proof, ...]:
    """Return the proofs of a session; a node of the version before this one stored only what they amount to."""
    if not row.proofs:
        return tuple(Proof(method, row.signed_in_at) for method in sorted(methods_behind(row.amr)))
    return msgspec.convert(row.proofs, tuple[Proof, ...])
