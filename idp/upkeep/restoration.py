"""The first acts after a backup was restored: nothing that was used up since it was taken may be used again.

Yesterday's database believes in yesterday's codes, sessions, tokens and waiting messages. Codes may have been used,
tokens rotated or revoked, and messages sent in between; nobody can tell which. So all of them end, and people sign in
anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from idp.actions import end_sessions_of_many
from idp.audit.events.desk import DatabaseRestored
from idp.audit.log import AuditEvent, record
from idp.codes.one_time_code import OneTimeCode
from idp.credentials.recoveries import Recovery
from idp.database import Database, Origin, Transaction
from idp.grants.access_tokens import OpaqueAccessToken
from idp.grants.authorization_codes import AuthorizationCode
from idp.grants.device_codes import DeviceCode
from idp.grants.pushed_requests import PushedRequest
from idp.interaction import StoredRequest
from idp.invitations.letters.job import LETTER_JOBS
from idp.jobs.job_files import JobPiece
from idp.messages.outbox import OutboxRow
from idp.organisations import scim_tokens
from idp.organisations.member_job import MEMBER_JOBS
from idp.people.closures import Closure
from idp.people.email_replacements import EmailReplacement
from idp.people.phone_replacements import PhoneReplacement
from idp.runs import FlowRun
from idp.staff.prepared_acts import PreparedAct
from idp.staff.sessions import StaffSessionRow

REASON = "restored"
REMEMBERED = timedelta(days=30)
"""The doctor speaks of a restoration for this long."""

SHORT_LIVED = (
    AuthorizationCode,
    DeviceCode,
    OpaqueAccessToken,
    PushedRequest,
    StoredRequest,
    FlowRun,
    Recovery,
    EmailReplacement,
    PhoneReplacement,
    PreparedAct,
    JobPiece,
)
"""Half-finished work: its owners begin anew. A replacement may have been stopped since, by the one whom it robs; an act
that waited for a second person refused; a file of letters collected."""
CLOSURES = sa.update(Closure).where(Closure.ended_at.is_(None)).values(reminded_at=None)
"""Owners are reminded anew before their account is deleted: they may have kept it since."""

CODES = sa.update(OneTimeCode).where(OneTimeCode.ended_at.is_(None)).values(ended_at=sa.bindparam("now"))
STAFF = sa.update(StaffSessionRow).where(StaffSessionRow.ended_at.is_(None)).values(ended_at=sa.bindparam("now"))
WAITING = (
    sa.update(OutboxRow)
    .where(OutboxRow.done_at.is_(None))
    .values(done_at=sa.bindparam("now"), outcome="expired", payload="", lease="")
)
NEWEST = (
    sa.select(AuditEvent.at, AuditEvent.details)
    .where(AuditEvent.name == DatabaseRestored.__name__, AuditEvent.at > sa.bindparam("after"))
    .order_by(AuditEvent.at.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Restoration:
    """Counts of what ended, for the operator."""

    codes: int
    messages: int
    people: int

    @property
    def sentence(self) -> str:
        """Return the counts in words."""
        return f"ended: {self.codes} codes, {self.messages} messages that waited, the sessions of {self.people} people"


def begin_anew(database: Database, origin: Origin, *, taken_at: datetime | None, reason: str) -> Restoration:
    """End codes, half-finished journeys, waiting messages and all access of a database that was just restored.

    `taken_at` is the newest event of the backup. Portals hear of each session that ends. Can be repeated after a fault.
    """
    with database.transaction(origin) as tx:
        codes = tx.execute(CODES, {"now": tx.now}).rowcount
        messages = tx.execute(WAITING, {"now": tx.now}).rowcount
        tx.execute(STAFF, {"now": tx.now})
        LETTER_JOBS.discard_all(tx)
        MEMBER_JOBS.discard_all(tx)
        tx.execute(CLOSURES)
        scim_tokens.revoke_everybodys(tx, reason=REASON)
        for table in SHORT_LIVED:
            tx.execute(sa.delete(table))
        moment = taken_at.isoformat(timespec="seconds") if taken_at is not None else ""
        record(tx, DatabaseRestored(backup_of=moment, reason=reason))
    return Restoration(codes, messages, _end_all_access(database, origin))


def newest_event(tx: Transaction) -> datetime | None:
    """Return when the newest event happened: a backup was taken then at the earliest."""
    return tx.execute(sa.select(sa.func.max(AuditEvent.at))).scalar()


def last(tx: Transaction) -> tuple[datetime, str] | None:
    """Return when a backup was restored lately, and the time of its newest event; None when none was."""
    found = tx.execute(NEWEST, {"after": tx.now - REMEMBERED}).first()
    return (found.at, str(found.details.get("backup_of", ""))) if found is not None else None


def _end_all_access(database: Database, origin: Origin) -> int:
    """Batch by batch, so that no transaction is long; how many people."""
    people = 0
    while True:
        with database.transaction(origin) as tx:
            ended = end_sessions_of_many.of_everybody(tx, reason=REASON)
        if not ended:
            return people
        people += ended
