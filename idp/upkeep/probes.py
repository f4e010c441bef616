"""The checks of `/readyz` and `/metrics`: the cheap ones of `idp doctor`.

Readiness is about this process alone: whether it can serve (rulings 36). Old queues, recipients that fail and faults of
other nodes are metrics and findings of the doctor; a balancer that heard of them would take every node out at once.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from idp.clients import reconcile
from idp.codes import sms_ceilings
from idp.messages import outbox
from idp.provider import Provider
from idp.upkeep import diagnosis, retention
from idp.upkeep.diagnosis import Check
from idp.web.metrics import Gauge

READY: Mapping[str, Check] = {
    "database": diagnosis.database,
    "schema": diagnosis.schema,
    "clock": diagnosis.clock,
    "signing_keys": diagnosis.signing_keys,
}


def readiness(provider: Provider) -> Mapping[str, Callable[[], str]]:
    """Named checks; each returns an empty text, or the reason why this process should get no requests now."""

    def asking(check: Check) -> Callable[[], str]:
        return lambda: next((found.reason for found in check(provider) if found.verdict == diagnosis.BAD), "")

    return {name: asking(check) for name, check in READY.items()}


def gauges(provider: Provider) -> Mapping[str, Gauge]:
    """Values of the moment, by metric name."""

    def waiting() -> float:
        with provider.database.reading() as tx:
            return sum(lane.waiting for lane in outbox.backlog(tx).values())

    def oldest() -> float:
        with provider.database.reading() as tx:
            ages = [(tx.now - lane.oldest).total_seconds() for lane in outbox.backlog(tx).values()]
        return max(ages, default=0.0)

    def failing() -> Mapping[str, float]:
        with provider.database.reading() as tx:
            return sum((Counter({each.client_id: each.waiting}) for each in outbox.failing(tx)), Counter())

    def missing() -> Mapping[str, float]:
        with provider.database.reading() as tx:
            return dict.fromkeys(reconcile.missing(tx), 1.0)

    def overdue() -> float:
        with provider.database.reading() as tx:
            return max(0.0, retention.overdue(tx, provider.settings.retention).total_seconds())

    def sms() -> float:
        with provider.database.reading() as tx:
            return sms_ceilings.share_used(tx, provider.limiter)

    return {
        "idp_sms_day_used_ratio": sms,
        "idp_retention_overdue_seconds": overdue,
        "idp_outbox_waiting_messages": waiting,
        "idp_outbox_oldest_message_seconds": oldest,
        "idp_outbox_failing_messages": failing,
        "idp_client_files_missing": missing,
        "idp_client_file_problems": lambda: float(len(provider.registry.problems)),
    }
