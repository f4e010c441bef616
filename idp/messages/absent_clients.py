"""A portal or program that is to be told something, and has no file now: its file may be back in a moment."""

from idp.clients import reconcile
from idp.database import Database
from idp.messages.delivery import NotNow, Undeliverable

AGAIN = 10  # seconds
MISSING = "its client file is missing"


def waiting_for(database: Database, client_id: str, why_never: str) -> NotNow | Undeliverable:
    """Return what to raise of a parcel to a client that is unknown now.

    It waits as long as the client keeps its place (`files.grace`), and never arrives after that.
    """
    with database.reading() as tx:
        keeps = reconcile.keeps_its_place(tx, client_id)
    return NotNow(AGAIN, MISSING) if keeps else Undeliverable(why_never)
