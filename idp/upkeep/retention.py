"""Deleting what has been kept long enough (`[retention]`), a batch per short transaction, with a pause after each.

SQLite gives its one write lock to the first that asks at the right moment: without the pauses a large deletion would
leave the pages nothing of it.

Codes answer « expired » or « already used » for a day, so that a late second use still finds what to revoke, journeys
for a week; audit events stay a year, those of a company's journal five, and as long as the person belongs to it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from idp.actions import letter_jobs, member_jobs
from idp.api.idempotency import IdempotentRequest
from idp.audit import retention as audit
from idp.audit.log import AuditEvent
from idp.codes.one_time_code import OneTimeCode
from idp.credentials.authenticator_apps import Authenticator
from idp.credentials.challenges import SpentChallenge
from idp.credentials.pending import PendingPassword
from idp.credentials.recoveries import Recovery
from idp.database import Transaction, UTCDateTime
from idp.events.kept_events import KeptEvent
from idp.grants.access_tokens import OpaqueAccessToken, RevokedAccessToken
from idp.grants.authorization_codes import AuthorizationCode
from idp.grants.client_sessions import ClientSessionRow
from idp.grants.device_codes import DeviceCode
from idp.grants.pushed_requests import PushedRequest
from idp.grants.refresh_families import RefreshFamily
from idp.grants.spent_identifiers import SpentIdentifier
from idp.interaction import StoredRequest
from idp.invitations import purging as invitations
from idp.invitations.campaigns import LetterCampaign
from idp.invitations.letters.job import LETTER_JOBS, LetterJob
from idp.invitations.registration_code import RegistrationCode
from idp.jobs.job_files import FAULTS, JobPiece
from idp.limits.counts import RateLimit
from idp.messages.outbox import OutboxRow
from idp.organisations.member_job import MEMBER_JOBS, MemberJob
from idp.organisations.membership import Membership
from idp.organisations.scim_tokens import ScimToken
from idp.organisations.scim_users import ScimUser
from idp.people.closures import Closure
from idp.people.email_changes import EmailChange
from idp.people.email_replacements import EmailReplacement
from idp.people.enrolments import Enrolment
from idp.people.phone_replacements import STAYS_OPEN, PhoneReplacement
from idp.provider import Provider
from idp.runs import FlowRun
from idp.sessions.known_browsers import KnownBrowser
from idp.sessions.session import SessionRow
from idp.settings import Retention
from idp.staff.accounts import StaffAccount
from idp.staff.done_alone import LATELY, ActDoneAlone
from idp.staff.looks import StaffLook
from idp.staff.prepared_acts import PreparedAct
from idp.staff.sessions import StaffSessionRow
from idp.statements import delete_oldest
from idp.statistics.figures import Figure
from idp.upkeep.nodes import NodeRow

BATCH = 500
PAUSE = 0.05  # seconds, about as long as a batch takes
WATCHED = (OneTimeCode.expires_at, AuthorizationCode.expires_at, FlowRun.expires_at)
"""Rows that every installation has, and whose rows go `retention.codes` after they expired."""

OF_A_COMPANY = AuditEvent.organisation_id != ""
OF_A_MEMBER = sa.exists().where(
    Membership.organisation_id == AuditEvent.organisation_id, Membership.person_id == AuditEvent.person_id
)
STANDS_FOR_NOBODY = ~sa.exists().where(Membership.id == ScimUser.membership_id)
OF_AN_OPEN_JOB = sa.or_(
    *(
        sa.exists().where(jobs.model.id == JobPiece.job_id, jobs.model.state.in_(jobs.open))
        for jobs in (LETTER_JOBS, MEMBER_JOBS)
    )
)
"""Such a job and its files end together: without a piece it would pass for done, or for ready to collect."""
HAS_LETTERS = sa.exists().where(RegistrationCode.campaign_id == LetterCampaign.id)

Deletion = Callable[[Transaction, datetime, int], int]
"""Delete at most so many rows whose time was over before that moment, and return how many."""


@dataclass(frozen=True)
class Rule:
    """Rows of one kind are deleted `kept` seconds after their time."""

    kept: int
    deletion: Deletion

    def apply(self, tx: Transaction, *, batch: int) -> int:
        """Delete at most one batch, and return how many rows went."""
        return self.deletion(tx, tx.now - timedelta(seconds=self.kept), batch)


def rows(time: InstrumentedAttribute[Any], *only: sa.ColumnElement[bool]) -> Deletion:
    """Delete rows by the time in this column, which names their table."""
    statement = delete_oldest(time, *only)
    return lambda tx, before, batch: tx.execute(statement, {"before": before, "batch": batch}).rowcount


def events(*only: sa.ColumnElement[bool]) -> Deletion:
    """Delete these audit events, which are protected against every other deletion."""
    due = sa.select(AuditEvent.id).where(*only).order_by(AuditEvent.at)
    return lambda tx, before, batch: audit.delete(tx, due.where(AuditEvent.at < before).limit(batch), before)


def events_of_no_company(tx: Transaction, before: datetime, batch: int) -> int:
    """Delete the oldest audit events of no company.

    The index by company and time holds them together. By time alone, each batch would pass over every event of a
    company that stays.
    """
    place = sa.tuple_(AuditEvent.organisation_id, AuditEvent.at)
    due = sa.select(AuditEvent.id).where(place < sa.tuple_(sa.literal(""), sa.literal(before, UTCDateTime)))
    oldest = due.order_by(AuditEvent.organisation_id, AuditEvent.at).limit(batch)
    return audit.delete(tx, oldest, before)


def rules(settings: Retention) -> Mapping[str, Rule]:
    """Return the rule of each kind."""
    codes, runs, year, sessions = settings.codes, settings.runs, settings.audit, settings.sessions
    return {
        "codes": Rule(codes, rows(OneTimeCode.expires_at)),
        "letter_codes": Rule(codes, invitations.forget_digests),
        **_of_letters(year, runs),
        "ended_enrolments": Rule(year, rows(Enrolment.ended_at)),
        "nodes": Rule(codes, rows(NodeRow.seen_at)),
        "messages": Rule(codes, rows(OutboxRow.done_at)),
        "kept_events": Rule(0, rows(KeptEvent.expires_at)),
        "limits": Rule(0, rows(RateLimit.expires_at)),
        "sessions": Rule(sessions, rows(SessionRow.expires_at)),
        **_of_staff(settings),
        "known_browsers": Rule(year, rows(KnownBrowser.last_seen_at)),
        "stopped_closures": Rule(runs, rows(Closure.ended_at)),
        "email_changes": Rule(runs, rows(EmailChange.until)),
        "email_replacements": Rule(runs, rows(EmailReplacement.expires_at)),
        "recoveries": Rule(runs, rows(Recovery.expires_at)),
        "unconfirmed_apps": Rule(codes, rows(Authenticator.added_at, Authenticator.confirmed_at.is_(None))),
        "phone_replacements": Rule(codes + int(STAYS_OPEN.total_seconds()), rows(PhoneReplacement.opens_at)),
        "pending_credentials": Rule(0, rows(PendingPassword.expires_at)),
        "spent_challenges": Rule(0, rows(SpentChallenge.expires_at)),
        "client_sessions": Rule(sessions, rows(ClientSessionRow.started_at)),
        "refresh_families": Rule(codes, rows(RefreshFamily.expires_at)),
        "authorization_codes": Rule(codes, rows(AuthorizationCode.expires_at)),
        "access_tokens": Rule(0, rows(OpaqueAccessToken.expires_at)),
        "revoked_access_tokens": Rule(0, rows(RevokedAccessToken.expires_at)),
        "spent_identifiers": Rule(0, rows(SpentIdentifier.expires_at)),
        "device_codes": Rule(codes, rows(DeviceCode.expires_at)),
        "pushed_requests": Rule(runs, rows(PushedRequest.expires_at)),
        "idempotent_requests": Rule(0, rows(IdempotentRequest.expires_at)),
        "stored_requests": Rule(0, rows(StoredRequest.expires_at)),
        "runs": Rule(codes, rows(FlowRun.expires_at)),
        "figures": Rule(year, rows(Figure.begins_at)),
        "audit": Rule(year, events_of_no_company),
        "scim_tokens": Rule(settings.journal, rows(ScimToken.expires_at)),
        "scim_users": Rule(year, rows(ScimUser.updated_at, STANDS_FOR_NOBODY)),
        "journals": Rule(settings.journal, events(OF_A_COMPANY, ~OF_A_MEMBER)),
    }


def _of_staff(settings: Retention) -> Mapping[str, Rule]:
    return {
        "staff_sessions": Rule(settings.sessions, rows(StaffSessionRow.expires_at)),
        "staff_looks": Rule(settings.codes, rows(StaffLook.at)),
        "prepared_acts": Rule(settings.runs, rows(PreparedAct.expires_at)),
        "acts_done_alone": Rule(int(LATELY.total_seconds()), rows(ActDoneAlone.done_at)),
        "removed_staff": Rule(settings.audit, rows(StaffAccount.removed_at)),
    }


def _of_letters(year: int, runs: int) -> Mapping[str, Rule]:
    return {
        "letters": Rule(year, rows(RegistrationCode.expires_at)),
        "waiting_letter_jobs": Rule(runs, letter_jobs.discard_waiting),
        "waiting_member_jobs": Rule(runs, member_jobs.discard_waiting),
        "letter_files": Rule(runs, rows(JobPiece.at, sa.or_(JobPiece.kind == FAULTS, ~OF_AN_OPEN_JOB))),
        "letter_jobs": Rule(year, rows(LetterJob.created_at)),
        "member_jobs": Rule(year, rows(MemberJob.created_at)),
        "campaigns": Rule(year, rows(LetterCampaign.created_at, ~HAS_LETTERS)),
        "invited": Rule(year, invitations.forget_invited),
    }


def purge(provider: Provider, *, batches: float = inf) -> Mapping[str, int]:
    """Delete what is due, at most so many batches of each kind; answers how much of each kind."""
    settings = provider.settings.retention
    return {kind: _repeated(provider, rule, batches) for kind, rule in rules(settings).items()}


def overdue(tx: Transaction, settings: Retention) -> timedelta:
    """Return how long something has been kept beyond its time: nothing while a worker does its chores."""
    oldest = [tx.execute(sa.select(sa.func.min(column))).scalar() for column in WATCHED]
    kept = timedelta(seconds=settings.codes)
    return max((tx.now - at - kept for at in oldest if at is not None), default=timedelta(0))


def _repeated(provider: Provider, rule: Rule, batches: float) -> int:
    total, done = 0, 0
    while done < batches:
        with provider.database.transaction() as tx:
            deleted = rule.apply(tx, batch=BATCH)
        total, done = total + deleted, done + 1
        if deleted < BATCH:
            break
        time.sleep(PAUSE)
    return total
