"""After a recovery the ways to sign in, the address and the number stay as they are for a while.

A thief who recovered a password signs in and takes the account over for good by such a change; its owner
reads the notice meanwhile. The strictest of the portals that the password opens decides how long.
"""

from datetime import datetime, timedelta

from idp.clients import policy
from idp.clients.registry import Registry
from idp.credentials import passwords
from idp.database import Transaction
from idp.organisations.opened_portals import portals_opened_by


def wait(tx: Transaction, registry: Registry, person_id: str) -> timedelta:
    """Return how long changes wait after a recovery of this person's password."""
    policies = [client.policy.recovery for client in portals_opened_by(tx, registry, person_id)]
    return timedelta(seconds=policy.strictest(policies).changes_wait)


def until(tx: Transaction, registry: Registry, person_id: str) -> datetime | None:
    """Return from when on the person may change them again; None: they may now."""
    recovered_at = passwords.recovered_at(tx, person_id)
    if recovered_at is None:
        return None
    over = recovered_at + wait(tx, registry, person_id)
    return over if tx.now < over else None
