"""Signing out many people at once: a portal that was broken into, a company, everybody.

Each call ends one batch in the transaction it is given, and says how many it was about; the caller repeats it until
nothing is left. Portals hear of each end, as they do when one person signs out.
"""

from collections.abc import Callable

import sqlalchemy as sa

from idp.database import Transaction
from idp.grants.client_sessions import ClientSessionRow
from idp.grants.end_access import OrganisationAccess, PortalAccess, end_access
from idp.grants.refresh_families import RefreshFamily
from idp.organisations.membership import ACTIVE, Membership
from idp.sessions import ending
from idp.sessions.session import SessionRow

BATCH = 100

EndBatch = Callable[[Transaction], int]

IS_LIVE = (SessionRow.ended_at.is_(None), SessionRow.expires_at > sa.bindparam("now"))
WITH_ACCESS = sa.union(
    sa.select(SessionRow.person_id).where(*IS_LIVE),
    sa.select(ClientSessionRow.person_id).where(ClientSessionRow.ended_at.is_(None)),
    sa.select(RefreshFamily.person_id).where(RefreshFamily.revoked_at.is_(None)),
).limit(BATCH)
REACHED = (
    sa.select(SessionRow.id)
    .join(ClientSessionRow, ClientSessionRow.session_id == SessionRow.id)
    .where(*IS_LIVE, ClientSessionRow.client_id == sa.bindparam("client"), ClientSessionRow.ended_at.is_(None))
    .limit(BATCH)
)
OF_COMPANY = (
    sa.select(SessionRow.id)
    .join(Membership, Membership.person_id == SessionRow.person_id)
    .where(*IS_LIVE, Membership.organisation_id == sa.bindparam("organisation"), Membership.state == ACTIVE)
    .limit(BATCH)
)
COLLEAGUES = sa.select(Membership.person_id).where(
    Membership.organisation_id == sa.bindparam("organisation"), Membership.state == ACTIVE
)


def of_everybody(tx: Transaction, *, reason: str) -> int:
    """End all access of the next people who have any, offline access included; how many people."""
    people = sorted(tx.execute(WITH_ACCESS, {"now": tx.now}).scalars())  # in the order of `person.hold`
    for person_id in people:
        ending.end_all(tx, person_id, reason=reason)
    return len(people)


def at_portal(tx: Transaction, client_id: str, *, reason: str) -> int:
    """End the next sessions that reached this portal, and with the last of them its offline access; how many."""
    sessions = tx.execute(REACHED, {"client": client_id, "now": tx.now}).scalars().all()
    for session_id in sessions:
        ending.end(tx, session_id, reason=reason)
    if not sessions:
        end_access(tx, person_id=None, scope=PortalAccess(client_id), reason=reason)
    return len(sessions)


def of_organisation(tx: Transaction, organisation_id: str, *, reason: str) -> int:
    """End the next sessions of the company's people, and with the last of them the access that rests on the company."""
    asked = {"organisation": organisation_id, "now": tx.now}
    sessions = tx.execute(OF_COMPANY, asked).scalars().all()
    for session_id in sessions:
        ending.end(tx, session_id, reason=reason)
    if not sessions:
        for person_id in tx.execute(COLLEAGUES, {"organisation": organisation_id}).scalars().all():
            end_access(tx, person_id=person_id, scope=OrganisationAccess(organisation_id), reason=reason)
    return len(sessions)
