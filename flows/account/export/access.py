"""The parts of the file about signing in: methods, sessions, browsers, activity, messages."""

import re
from collections.abc import Iterator

import sqlalchemy as sa

from flows.account import activity
from flows.account.export import message_words
from flows.account.export.section import DataLine, DataSubject
from idp import user_agents
from idp.audit.log import AuditEvent
from idp.credentials import authenticator_apps, passkeys, passwords, recovery_codes
from idp.grants.refresh_families import RefreshFamily
from idp.messages import outbox
from idp.sessions.known_browsers import KnownBrowser
from idp.sessions.session import SessionRow
from idp.wording import text

MOST_EVENTS = 5000
MOST_MESSAGES = 500
MOST_SESSIONS = 500
"""The newest of each; a year of a busy person has fewer."""


def methods(subject: DataSubject) -> Iterator[DataLine]:
    tx, person_id = subject.tx, subject.person_id
    password = passwords.current(tx, person_id)
    if password is not None:
        yield {"what": text("Password"), "since": password.changed_at}
    for passkey in passkeys.listed(tx, person_id):
        used = {"since": passkey.added_at, "last_used": passkey.last_used_at}
        yield {"what": text("Passkey"), "value": passkey.name, **used}
    for app in authenticator_apps.listed(tx, person_id):
        used = {"since": app.added_at, "last_used": app.last_used_at}
        yield {"what": text("Authenticator app"), "value": app.name, **used}
    codes = recovery_codes.listed(tx, person_id)
    if codes is not None:
        used = {"since": codes.added_at, "last_used": codes.last_used_at}
        yield {"what": text("Recovery codes"), "value": str(codes.left), **used}


def sessions(subject: DataSubject) -> Iterator[DataLine]:
    tx, person_id = subject.tx, subject.person_id
    signed_in = sa.select(SessionRow).where(SessionRow.person_id == person_id).order_by(SessionRow.started_at.desc())
    for session in tx.session.scalars(signed_in.limit(MOST_SESSIONS)):
        yield {
            "what": text("Signed in"),
            "device": session.user_agent,
            "network": session.address,
            "since": session.started_at,
            "last_used": session.last_seen_at,
            "until": session.ended_at,
        }
    for browser in tx.session.scalars(sa.select(KnownBrowser).where(KnownBrowser.person_id == person_id)):
        used = {"since": browser.first_seen_at, "last_used": browser.last_seen_at}
        yield {"what": text("Known browser"), "value": browser.last_method, **used}
    granted = sa.select(RefreshFamily).where(RefreshFamily.person_id == person_id, RefreshFamily.offline)
    for family in tx.session.scalars(granted.order_by(RefreshFamily.started_at.desc()).limit(MOST_SESSIONS)):
        yield {
            "what": text("Access without you being present"),
            "portal": subject.portal(family.client_id),
            "since": family.started_at,
            "last_used": family.renewed_at,
            "until": family.revoked_at or family.expires_at,
        }


def events(subject: DataSubject) -> Iterator[DataLine]:
    """Yield every event that names the person, also those that their page leaves out."""
    theirs = sa.select(AuditEvent).where(AuditEvent.person_id == subject.person_id)
    for event in subject.tx.session.scalars(theirs.order_by(AuditEvent.id.desc()).limit(MOST_EVENTS)):
        yield {
            "what": activity.WHAT.get(event.name) or _spelt(event.name),
            "portal": subject.portal(event.client_id),
            "at": event.at,
            "device": user_agents.name_of(event.user_agent) if event.user_agent else "",
            "network": event.address,
            "reference": event.reference,
        }


def messages(subject: DataSubject) -> Iterator[DataLine]:
    """Which messages were sent, for as long as `[retention]` says; their words are not kept."""
    for sent in outbox.of_person(subject.tx, subject.person_id, limit=MOST_MESSAGES):
        yield {
            "what": message_words.ABOUT.get(sent.template) or sent.template.replace("_", " "),
            "value": sent.masked,
            "at": sent.created_at,
            "state": sent.outcome,
        }


def _spelt(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).capitalize()
