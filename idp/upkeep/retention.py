"""Deleting what has been kept long enough (`[retention]`), a batch per short transaction, with a pause after each.

SQLite has one write lock and hands it to whoever asks at the right moment: without the pauses a large deletion would
leave the pages nothing of it.

Codes answer « expired » or « already used » for a day, journeys for a week; audit events stay a year, those of a
company's journal five, and as long as the person belongs to it.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import inf

import sqlalchemy as sa

from idp import interaction, runs
from idp.audit import retention as audit
from idp.codes import service as codes
from idp.codes.one_time_code import OneTimeCode
from idp.credentials import authenticator_apps, challenges, pending, recoveries
from idp.database import Transaction
from idp.grants import (
    access_tokens,
    authorization_codes,
    client_sessions,
    device_codes,
    pushed_requests,
    refresh_families,
    spent_identifiers,
)
from idp.grants.authorization_codes import AuthorizationCode
from idp.invitations import purging as registration_codes
from idp.limits import rate_limit
from idp.messages import outbox
from idp.organisations import journal
from idp.people import email_changes, phone_replacements
from idp.provider import Provider
from idp.runs import FlowRun
from idp.sessions import known_browsers, session
from idp.settings import Retention
from idp.upkeep import nodes

BATCH = 500
PAUSE = 0.05  # seconds, about as long as a batch takes
WATCHED = (OneTimeCode.expires_at, AuthorizationCode.expires_at, FlowRun.expires_at)
"""Rows that every installation has, and whose rows go `retention.codes` after they expired."""

Purge = Callable[[Transaction], int]


def purges(settings: Retention, now: datetime) -> Mapping[str, Purge]:
    """What is deleted at this moment, by kind; each call deletes at most one batch and says how many."""

    def before(seconds: int) -> datetime:
        return now - timedelta(seconds=seconds)

    return {
        "codes": lambda tx: codes.purge(tx, before(settings.codes), batch=BATCH),
        "letter_codes": lambda tx: registration_codes.forget_digests(tx, before(settings.codes), batch=BATCH),
        "letters": lambda tx: registration_codes.purge(tx, before(settings.audit), batch=BATCH),
        "campaigns": lambda tx: registration_codes.purge_campaigns(tx, before(settings.audit), batch=BATCH),
        "invited": lambda tx: registration_codes.forget_invited(tx, before(settings.audit), batch=BATCH),
        "nodes": lambda tx: nodes.purge(tx, before(settings.codes), batch=BATCH),
        "messages": lambda tx: outbox.purge(tx, before(settings.codes), batch=BATCH),
        "limits": lambda tx: rate_limit.purge(tx, batch=BATCH),
        "sessions": lambda tx: session.purge(tx, before(settings.sessions), BATCH),
        "known_browsers": lambda tx: known_browsers.purge(tx, before(settings.audit), BATCH),
        "email_changes": lambda tx: email_changes.purge(tx, before(settings.runs), batch=BATCH),
        "recoveries": lambda tx: recoveries.purge(tx, before(settings.runs), batch=BATCH),
        "unconfirmed_apps": lambda tx: authenticator_apps.purge(tx, before(settings.codes), batch=BATCH),
        "phone_replacements": lambda tx: phone_replacements.purge(tx, before(settings.codes), batch=BATCH),
        "pending_credentials": lambda tx: pending.purge(tx, BATCH),
        "spent_challenges": lambda tx: challenges.purge(tx, batch=BATCH),
        "client_sessions": lambda tx: client_sessions.purge(tx, before(settings.sessions), batch=BATCH),
        "refresh_families": lambda tx: refresh_families.purge(tx, before(settings.codes), batch=BATCH),
        "authorization_codes": lambda tx: authorization_codes.purge(tx, before(settings.codes), batch=BATCH),
        "access_tokens": lambda tx: access_tokens.purge(tx, now, batch=BATCH),
        "spent_identifiers": lambda tx: spent_identifiers.purge(tx, now, batch=BATCH),
        "device_codes": lambda tx: device_codes.purge(tx, before(settings.codes), batch=BATCH),
        "pushed_requests": lambda tx: pushed_requests.purge(tx, before(settings.runs), batch=BATCH),
        "stored_requests": lambda tx: interaction.forget_expired(tx, batch=BATCH),
        "runs": lambda tx: runs.purge(tx, before(settings.codes), batch=BATCH),
        "audit": lambda tx: audit.purge(tx, before(settings.audit), batch=BATCH),
        "journals": lambda tx: journal.purge(tx, before(settings.journal), batch=BATCH),
    }


def purge(provider: Provider, *, batches: float = inf) -> Mapping[str, int]:
    """Delete what is due, at most so many batches of each kind; answers how much of each kind."""
    due = purges(provider.settings.retention, provider.clock.now())
    return {kind: _repeated(provider, delete, batches) for kind, delete in due.items()}


def overdue(tx: Transaction, settings: Retention) -> timedelta:
    """How long something has been kept beyond its time: nothing while a worker does its chores."""
    oldest = [tx.execute(sa.select(sa.func.min(column))).scalar() for column in WATCHED]
    kept = timedelta(seconds=settings.codes)
    return max((tx.now - at - kept for at in oldest if at is not None), default=timedelta(0))


def _repeated(provider: Provider, delete: Purge, batches: float) -> int:
    total, done = 0, 0
    while done < batches:
        with provider.database.transaction() as tx:
            deleted = delete(tx)
        total, done = total + deleted, done + 1
        if deleted < BATCH:
            break
        time.sleep(PAUSE)
    return total
