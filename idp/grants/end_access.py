"""The one way to end access: refresh families and client sessions end together, and the portals are notified.

Every journey, page, command and administrator's action that takes access away calls `end_access` (rulings 19).
Logout tokens are not made here: the outbox carries person and portal, and signs at delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from idp.audit import log
from idp.audit.events.access import AccessEnded
from idp.audit.facts import ClientSessionEnded
from idp.database import Transaction
from idp.grants.client_sessions import ClientSessionRow
from idp.grants.refresh_families import RefreshFamily
from idp.messages import outbox

LOGOUT = "backchannel_logout"
TOLD = (
    ClientSessionRow.id,
    ClientSessionRow.client_id,
    ClientSessionRow.subject,
    ClientSessionRow.person_id,
    ClientSessionRow.wants_logout,
)


@dataclass(frozen=True)
class AllAccess:
    """All of the person's access, offline access included: disabling, password change, log out everywhere.

    `keep_session` names the one session that continues, with what belongs to it.
    """

    name: ClassVar[str] = "everything"
    keep_session: str = ""


@dataclass(frozen=True)
class SessionAccess:
    """All access that depends on one session of the provider; offline access stays (Back-Channel Logout §2.7)."""

    name: ClassVar[str] = "session"
    session_id: str


@dataclass(frozen=True)
class PortalAccess:
    """Everything at one client, offline access included."""

    name: ClassVar[str] = "portal"
    client_id: str


@dataclass(frozen=True)
class OrganisationAccess:
    """The portals that received the person's companies, or that admit only members of a company (B-42)."""

    name: ClassVar[str] = "organisation"
    organisation_id: str


Scope = AllAccess | SessionAccess | PortalAccess | OrganisationAccess


@dataclass(frozen=True)
class EndedAccess:
    client_sessions: int
    families: int


def end_access(
    tx: Transaction, *, person_id: str | None, scope: Scope, reason: str, most: int | None = None
) -> EndedAccess:
    """End the client sessions and refresh families in `scope`, queue back-channel logout, and write the audit.

    `person_id=None` with `PortalAccess` ends everybody's access at that client (its file disappeared, rulings 20).
    Calling it again is harmless. `reason` is a short constant: "logout", "disabled", "password-changed", …
    With `most` it ends at most so many client sessions and families: the caller goes on until fewer ended.
    """
    if person_id is None and not isinstance(scope, PortalAccess):
        raise ValueError("only a client's access can be ended for everybody")
    sessions = (ClientSessionRow.ended_at.is_(None), *_whose(ClientSessionRow, person_id), *_sessions(scope))
    ended = tx.execute(
        sa.update(ClientSessionRow)
        .where(*_at_most(most, ClientSessionRow.id, sessions))
        .values(ended_at=tx.now)
        .returning(*TOLD)
    ).all()
    live = (RefreshFamily.revoked_at.is_(None), *_whose(RefreshFamily, person_id), *_families(scope))
    families = tx.execute(
        sa.update(RefreshFamily)
        .where(*_at_most(most, RefreshFamily.id, live))
        .values(revoked_at=tx.now, revoke_reason=reason)
    ).rowcount
    for row in ended:
        if row.wants_logout:
            _tell(tx, row)
        tx.tell(ClientSessionEnded(row.client_id, row.id, row.subject, row.person_id, reason))
    if ended or families:
        _record(tx, person_id, scope, reason, EndedAccess(len(ended), families))
    return EndedAccess(len(ended), families)


def _at_most(
    most: int | None, key: sa.orm.InstrumentedAttribute[str], which: Sequence[sa.ColumnElement[bool]]
) -> Sequence[sa.ColumnElement[bool]]:
    return which if most is None else (key.in_(sa.select(key).where(*which).limit(most).correlate(None)),)


def _whose(table: Any, person_id: str | None) -> Sequence[sa.ColumnElement[bool]]:
    return () if person_id is None else (table.person_id == person_id,)


def _sessions(scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    match scope:
        case AllAccess(keep_session):
            return (ClientSessionRow.session_id != keep_session,) if keep_session else ()
        case SessionAccess(session_id):
            return (ClientSessionRow.session_id == session_id,)
        case PortalAccess(client_id):
            return (ClientSessionRow.client_id == client_id,)
        case OrganisationAccess():
            return (ClientSessionRow.knows_organisations.is_(True),)


def _families(scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    match scope:
        case AllAccess(keep_session):
            kept = sa.and_(RefreshFamily.session_id == keep_session, sa.not_(RefreshFamily.offline))
            return (sa.not_(kept),) if keep_session else ()
        case SessionAccess(session_id):
            return (RefreshFamily.session_id == session_id, sa.not_(RefreshFamily.offline))
        case PortalAccess(client_id):
            return (RefreshFamily.client_id == client_id,)
        case OrganisationAccess():
            return (RefreshFamily.knows_organisations.is_(True),)


def _tell(tx: Transaction, row: Any) -> None:
    """Queue the logout of one client session."""
    outbox.enqueue_call(
        tx,
        LOGOUT,
        {"client_id": row.client_id, "sid": row.id, "sub": row.subject},
        dedup_key=f"{LOGOUT}:{row.id}",
        person_id=row.person_id,
        client_id=row.client_id,
    )


def _record(tx: Transaction, person_id: str | None, scope: Scope, reason: str, ended: EndedAccess) -> None:
    log.record(
        tx,
        AccessEnded(
            person_id=person_id or "",
            organisation_id=scope.organisation_id if isinstance(scope, OrganisationAccess) else "",
            client_id=scope.client_id if isinstance(scope, PortalAccess) else "",
            scope=scope.name,
            reason=reason,
            client_sessions=ended.client_sessions,
            families=ended.families,
        ),
    )
