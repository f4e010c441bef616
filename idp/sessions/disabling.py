"""Disabling a person: nobody signs in as them any more, all their access ends at once, and they are told."""

from idp.credentials import recoveries
from idp.database import Transaction
from idp.people import accounts, enrolments, notices
from idp.sessions import ending


def disable(tx: Transaction, person_id: str, *, reason: str) -> int | None:
    """Returns how many sessions ended. None: unknown, or not active."""
    reference = accounts.disable(tx, person_id, reason=reason)
    if not reference:
        return None
    portal = next(iter(enrolments.portals(tx, person_id)), "")
    notices.tell(tx, person_id, "account_disabled", reference=reference, client_id=portal)
    recoveries.end_pending(tx, person_id)
    return ending.end_all(tx, person_id, reason="disabled")
