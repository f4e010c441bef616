"""A portal or program that is to be told something, and has no file now: its file may be back in a moment."""

from datetime import timedelta

from idp.clients import reconcile
from idp.database import Database
from idp.messages.delivery import NotNow, Parcel, Undeliverable

SHORTEST, LONGEST = timedelta(seconds=10), timedelta(minutes=5)
MISSING = "its client file is missing"


def waiting_for(database: Database, parcel: Parcel, why_never: str) -> NotNow | Undeliverable:
    """Return what to raise of a parcel to a client that is unknown now.

    It waits as long as the client keeps its place (`files.grace`), and never arrives after that. The time between two
    looks doubles: thousands of such parcels must not keep the queue busy.
    """
    with database.reading() as tx:
        keeps, waited = reconcile.keeps_its_place(tx, parcel.client_id), tx.shared.now - parcel.created_at
    again = int(min(max(waited, SHORTEST), LONGEST).total_seconds())
    return NotNow(again, MISSING) if keeps else Undeliverable(why_never)
