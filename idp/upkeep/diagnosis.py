"""`idp doctor`: looks at an installation and says what is weak or broken, and how to fix it."""

import smtplib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from idp import migrations, outages
from idp.audit import chain
from idp.clients import reconcile, weaknesses
from idp.clients.client import Client
from idp.codes import sms_ceilings
from idp.database import DatabaseUnavailable
from idp.events import kept_events
from idp.events.transmission import PUSH
from idp.events.webhooks import KIND as WEBHOOK
from idp.imports.legacy_directory import IMPORTED
from idp.messages import outbox
from idp.provider import Provider
from idp.sealing import CannotOpen
from idp.staff import accounts, appointments
from idp.upkeep import credential_checks, restoration, retention, weak_settings
from idp.upkeep import nodes as node_rows

GOOD, WEAK, BAD = "ok", "weak", "broken"

OLDEST_MESSAGE = timedelta(minutes=1)
LONGEST_OVERDUE = timedelta(days=1)
LONGEST_UNFETCHED = timedelta(days=1)
LONGEST_UNWRITTEN = timedelta(minutes=10)
LONGEST_AWAY = timedelta(days=90)
NEVER_RESOLVED = ".example"  # RFC 6761 §6.5
OF_OTHERS = 0o077  # any permission of group and others


@dataclass(frozen=True)
class Finding:
    check: str
    verdict: str
    reason: str = ""


Check = Callable[[Provider], Iterator[Finding]]


def examine(provider: Provider, file_faults: Sequence[str]) -> list[Finding]:
    """Return every finding, good ones included, in the order an operator would fix them."""
    findings = [Finding("client files", BAD, fault) for fault in file_faults] or [Finding("client files", GOOD)]
    for name, check in CHECKS.items():
        findings += _looked(name, check, provider)
    return findings


def _looked(name: str, check: Check, provider: Provider) -> list[Finding]:
    """A broken database is one finding, and hides none that does not need it."""
    try:
        return list(check(provider)) or [Finding(name, GOOD)]
    except (DatabaseUnavailable, sa.exc.DBAPIError):
        return [Finding(name, BAD, "cannot be told before the database is in order")]


def database(provider: Provider) -> Iterator[Finding]:
    if fault := outages.fault_of(provider.database.reading_engine):
        yield Finding("database", BAD, fault)


def schema(provider: Provider) -> Iterator[Finding]:
    if migrations.pending(provider.database):
        yield Finding("schema", BAD, "it lacks what this version needs: run `idp db upgrade`")


def replica(provider: Provider) -> Iterator[Finding]:
    if fault := provider.replica.fault():
        yield Finding("replica", WEAK, fault)


def files(provider: Provider) -> Iterator[Finding]:
    url = provider.database.writing_engine.url
    path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if path is not None and path.exists() and path.stat().st_mode & OF_OTHERS:
        yield Finding("files", WEAK, f"others on this machine can read the database: chmod 600 {path}*")


def clock(provider: Provider) -> Iterator[Finding]:
    with provider.database.reading() as tx:
        fault = tx.shared.fault
    if fault:
        yield Finding("clock", BAD, fault)


def nodes(provider: Provider) -> Iterator[Finding]:
    with provider.database.reading() as tx:
        seen = node_rows.alive(tx, provider.sealer)
    for fault in node_rows.faults(seen):
        yield Finding("nodes", BAD, fault)


def server(provider: Provider) -> Iterator[Finding]:
    """Name the faster server, where it is installed and the other one serves on this machine."""
    with provider.database.reading() as tx:
        by_gunicorn = any(node_rows.is_here(node, "gunicorn") for node in node_rows.alive(tx, provider.sealer))
    if by_gunicorn and find_spec("granian") is not None:
        reason = "granian is installed, and takes less processor time than gunicorn: `idp serve --server granian`"
        yield Finding("server", GOOD, reason)


def settings(provider: Provider) -> Iterator[Finding]:
    for reason in weak_settings.reasons(provider.settings):
        yield Finding("settings", WEAK, reason)


def policies(provider: Provider) -> Iterator[Finding]:
    directories = {IMPORTED, *provider.settings.legacy_directories}
    for client in provider.registry.current().clients:
        yield from _policy(client)
        source = client.policy.legacy.source if client.policy.legacy is not None else IMPORTED
        if source not in directories:
            reason = f"policy.legacy.source names {source}, and there is no [legacy_directories.{source}]"
            yield Finding("policies", BAD, f"{client.client_id}: {reason}")


def _policy(client: Client) -> Iterator[Finding]:
    for weakness in weaknesses.weaknesses_of(client):
        yield Finding("policies", WEAK, f"{client.client_id}: {weakness.path}: {weakness.message}")


def methods(provider: Provider) -> Iterator[Finding]:
    for reason in credential_checks.unaccepted(provider):
        yield Finding("methods", WEAK, reason)


def secrets(provider: Provider) -> Iterator[Finding]:
    for reason in credential_checks.unreadable(provider):
        yield Finding("secrets", BAD, f"{reason}: list it again, then `idp keys reseal`; lost: `idp keys abandon`")


def missing_files(provider: Provider) -> Iterator[Finding]:
    grace = timedelta(seconds=provider.settings.files.grace)
    with provider.database.reading() as tx:
        for client_id, since in reconcile.missing(tx).items():
            until = f"{since + grace:%Y-%m-%d %H:%M} UTC"
            yield Finding("missing files", BAD, f"{client_id}: its file is gone; everything it holds ends at {until}")


def signing_keys(provider: Provider) -> Iterator[Finding]:
    longest = timedelta(seconds=provider.settings.keys.active)
    now = provider.clock.now()
    try:
        active = {key.algorithm: key for key in provider.signing_keys.published() if key.state == "active"}
    except CannotOpen:
        yield Finding("signing keys", BAD, "none can be opened: see secrets")
        return
    for algorithm in provider.settings.keys.algorithms:
        if algorithm not in active:
            yield Finding("signing keys", BAD, f"no active {algorithm} key: start a worker, or `idp keys rotate --now`")
        elif now - active[algorithm].signs_from > longest + timedelta(days=1):
            yield Finding("signing keys", WEAK, f"the {algorithm} key is older than keys.active: is a worker running?")


def mail_server(provider: Provider) -> Iterator[Finding]:
    mail = provider.settings.mail
    if mail.transport != "smtp":
        return
    try:
        kind = smtplib.SMTP_SSL if mail.security == "tls" else smtplib.SMTP
        with kind(mail.host, mail.port, timeout=mail.timeout) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("mail server", BAD, f"{mail.host}:{mail.port} does not answer: {error}")


def queue(provider: Provider) -> Iterator[Finding]:
    with provider.database.reading() as tx:
        for lane, backlog in outbox.backlog(tx).items():
            if tx.now - backlog.oldest > OLDEST_MESSAGE:
                since = f"{backlog.oldest:%Y-%m-%d %H:%M} UTC"
                yield Finding("queue", BAD, f"{backlog.waiting} waiting in {lane}, the oldest since {since}")


def recipients(provider: Provider) -> Iterator[Finding]:
    """Find failed deliveries, by kind and portal."""
    with provider.database.reading() as tx:
        for failing in outbox.failing(tx):
            to = f"{failing.kind} of {failing.client_id}" if failing.client_id else failing.kind
            since = f"{failing.oldest:%Y-%m-%d %H:%M} UTC"
            yield Finding("recipients", BAD, f"{to}: {failing.waiting} fail, the oldest since {since}: {failing.fault}")


def event_receivers(provider: Provider) -> Iterator[Finding]:
    """Find receivers that lost events, or fetch none: they act on old news."""
    with provider.database.reading() as tx:
        for client_id, lost, since in outbox.given_up(tx, (PUSH, WEBHOOK)):
            reason = f"{client_id}: {lost} events were not delivered, the oldest of {since:%Y-%m-%d %H:%M} UTC"
            yield Finding("event receivers", BAD, reason)
        for client_id, (waiting, oldest) in kept_events.waiting(tx).items():
            if tx.now - oldest > LONGEST_UNFETCHED:
                reason = f"{client_id}: {waiting} events wait to be fetched, since {oldest:%Y-%m-%d %H:%M} UTC"
                yield Finding("event receivers", WEAK, reason)


def kept_too_long(provider: Provider) -> Iterator[Finding]:
    with provider.database.reading() as tx:
        beyond = retention.overdue(tx, provider.settings.retention)
    if beyond > LONGEST_OVERDUE:
        yield Finding("retention", WEAK, f"expired rows wait {beyond.days} days to be deleted: is a worker running?")


def audit_lines(provider: Provider) -> Iterator[Finding]:
    """Find events that are not written: an attacker who stops the worker from writing hides their actions."""
    settings = provider.settings.audit
    if not settings.file and not settings.stdout:
        return
    with provider.database.reading() as tx:
        since = chain.waiting_since(tx)
        if since is not None and tx.now - since > LONGEST_UNWRITTEN:
            reason = f"security events since {since:%Y-%m-%d %H:%M} UTC are not written: the worker's log says why"
            yield Finding("audit lines", WEAK, reason)


def restored(provider: Provider) -> Iterator[Finding]:
    """Find a backup that was restored lately: what people and operators changed since it was taken is undone."""
    with provider.database.reading() as tx:
        found = restoration.last(tx)
    if found is not None:
        moment, newest = found
        reason = f"restored at {moment:%Y-%m-%d %H:%M} UTC from a backup of {newest or 'unknown time'}"
        yield Finding("backup", WEAK, f"{reason}: what changed in between is undone")


def staff(provider: Provider) -> Iterator[Finding]:
    """Find staff whom nobody would miss: appointed where nothing is any more, or long away."""
    registry = provider.registry.current()
    with provider.database.reading() as tx:
        for account in accounts.everybody(tx):
            if account.state != accounts.ACTIVE:
                continue
            for fault in appointments.unknown_places(appointments.of_staff(tx, account.id), registry):
                yield Finding("staff", WEAK, f"{account.email}: {fault}: `idp staff roles`")
            if tx.now - (account.last_sign_in_at or account.updated_at) > LONGEST_AWAY:
                yield Finding("staff", WEAK, f"{account.email} has not signed in for long: `idp staff disable`")


def sms(provider: Provider) -> Iterator[Finding]:
    """Find a gateway that nobody named, and codes that are sent and never typed: someone may earn money by them."""
    gateway = provider.settings.sms
    if gateway.transport == "http" and (urlsplit(gateway.url).hostname or "").endswith(NEVER_RESOLVED):
        yield Finding("SMS", BAD, "sms.url is the example: name your gateway, or no text message leaves")
    with provider.database.reading() as tx:
        share = sms_ceilings.share_used(tx, provider.limiter)
    if share >= sms_ceilings.ALARM:
        reason = f"{share:.0%} of limits.{sms_ceilings.DAY} were sent and not typed: CodeSent events say to whom"
        yield Finding("SMS", WEAK, reason)


CHECKS: dict[str, Check] = {
    "database": database,
    "schema": schema,
    "replica": replica,
    "files": files,
    "clock": clock,
    "nodes": nodes,
    "server": server,
    "settings": settings,
    "policies": policies,
    "methods": methods,
    "secrets": secrets,
    "missing files": missing_files,
    "signing keys": signing_keys,
    "mail server": mail_server,
    "queue": queue,
    "recipients": recipients,
    "event receivers": event_receivers,
    "SMS": sms,
    "staff": staff,
    "retention": kept_too_long,
    "audit lines": audit_lines,
    "backup": restored,
}
