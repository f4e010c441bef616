"""The one list of chores."""

from datetime import timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import structlog

from idp.audit import shipping
from idp.clients import reconcile
from idp.events import streams, transmission
from idp.grants.end_access import PortalAccess, end_access
from idp.imports import waiting, wrapping
from idp.provider import Provider
from idp.statistics import keeping
from idp.upkeep import closures, inactive_accounts, retention
from idp.upkeep.runner import WORKER, Chore

log = structlog.get_logger()

BATCH, BATCHES = 500, 20
"""Sessions that end in one transaction, and transactions for one client at a time."""


def tend_keys(provider: Provider) -> int:
    return int(provider.signing_keys.tend())


def follow_client_files(provider: Provider) -> int:
    """End what clients held whose file disappeared and did not come back in time (rulings 20).

    Streams of events begin as files describe them; one that pushes begins with a verification event.
    """
    registry = provider.registry.current()
    with provider.database.transaction(WORKER) as tx:
        changed = reconcile.reconcile(tx, registry)
        for stream in streams.follow(tx, registry):
            transmission.verify(tx, stream)
        transmission.catch_up(tx, registry)
    for client_id in changed.disappeared:
        log.error("client_file_missing", client=client_id, reason="new sign-ins are refused; files.grace runs")
    with provider.database.reading() as tx:
        overdue = reconcile.overdue(tx, timedelta(seconds=provider.settings.files.grace))
    ended = sum(_end_client(provider, client_id) for client_id in overdue)
    return len(changed.appeared) + len(changed.disappeared) + ended


def _end_client(provider: Provider, client_id: str) -> bool:
    """End what the client held: ten thousand sessions at a time, so that no transaction is long. True: nothing is
    left."""
    grace, scope = timedelta(seconds=provider.settings.files.grace), PortalAccess(client_id)
    for _ in range(BATCHES):
        with provider.database.transaction(WORKER) as tx:
            if not reconcile.is_overdue(tx, client_id, grace):
                return False
            ended = end_access(tx, person_id=None, scope=scope, reason="client-disappeared", most=BATCH)
            if max(ended.client_sessions, ended.families) < BATCH:
                streams.forget(tx, client_id)
                reconcile.note_end(tx, client_id)
                break
    else:
        return False
    log.error("client_ended", client=client_id, reason="its file did not come back within files.grace")
    return True


def enforce_retention(provider: Provider) -> int:
    """Some seconds' work at a time: 10,000 rows of each kind, so that the other chores have their turn."""
    return sum(retention.purge(provider, batches=20).values())


def wrap_imported_hashes(provider: Provider) -> int:
    """A second's work at a time: the worker must come back to its queue."""
    return wrapping.wrap_some(provider.database, provider.hasher, WORKER)


def ship_audit_lines(provider: Provider) -> int:
    """Ten thousand lines at a time, where a history waits."""
    batches = iter(lambda: shipping.ship(provider.database, provider.settings.audit, WORKER), 0)
    return sum(islice(batches, 20))


def keep_figures(provider: Provider) -> int:
    """Twenty thousand events at a time, where a history waits."""
    zone = ZoneInfo(provider.settings.pages.time_zone)
    batches = iter(lambda: keeping.keep(provider.database, zone, WORKER), 0)
    return sum(islice(batches, 20))


def find_waiting_hashes(provider: Provider) -> int:
    """Find which imported hashes wait for their owners: every password check costs as much as theirs."""
    return waiting.find(provider.database, WORKER)


ALL = (
    Chore("follow-client-files", timedelta(seconds=10), follow_client_files),
    Chore("ship-audit-lines", timedelta(seconds=2), ship_audit_lines),
    Chore("keep-figures", timedelta(seconds=30), keep_figures),
    Chore("tend-keys", timedelta(minutes=5), tend_keys),
    Chore("wrap-imported-hashes", timedelta(seconds=5), wrap_imported_hashes),
    Chore("find-waiting-hashes", timedelta(hours=1), find_waiting_hashes),
    Chore("enforce-retention", timedelta(minutes=1), enforce_retention),
    Chore("tend-inactive-accounts", timedelta(minutes=10), inactive_accounts.tend),
    Chore("tend-closures", timedelta(minutes=10), closures.tend),
)
