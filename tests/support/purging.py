"""One batch of one kind of rows, deleted as the worker does it."""

from idp.database import Transaction
from idp.settings import Retention
from idp.upkeep import retention

DAY = 86400
KEPT = Retention(
    codes=DAY,
    runs=7 * DAY,
    audit=365 * DAY,
    journal=5 * 365 * DAY,
    sessions=30 * DAY,
    inactive_reminder=730 * DAY,
    inactive=1095 * DAY,
    closure_grace=30 * DAY,
    closure_reminder=7 * DAY,
)


def purge(tx: Transaction, kind: str, *, batch: int = 10) -> int:
    """Delete at most one batch of what is over by now, and return how many rows went."""
    return retention.rules(KEPT)[kind].apply(tx, batch=batch)
