"""Close an account for sign-in, and open it again."""

from idp.actions.actor import Actor, acting, note
from idp.credentials import recoveries
from idp.database import Transaction
from idp.notices import account, desk
from idp.notices.notice import without_page
from idp.people import accounts
from idp.sessions import ending


def disable(tx: Transaction, person_id: str, *, by: Actor, reason: str) -> int | None:
    """Stop every sign-in, end all access and pending recoveries immediately, and tell the person.

    Returns how many sessions ended. None: unknown, or not active.
    """
    with acting(tx, by, reason=reason):
        reference = accounts.disable(tx, person_id, reason=reason)
        if not reference:
            return None
        note(tx, by, "disable", person_id=person_id, reason=reason)
        account.disabled(tx, person_id, without_page(tx, person_id), reference=reference)
        recoveries.end_pending(tx, person_id)
        return ending.end_all(tx, person_id, reason="disabled")


def enable(tx: Transaction, person_id: str, *, by: Actor, reason: str) -> bool:
    """Allow sign-in again; nothing that was ended comes back. False: was not disabled."""
    with acting(tx, by, reason=reason):
        if not accounts.enable(tx, person_id, reason=reason):
            return False
        reference = note(tx, by, desk.ENABLED, person_id=person_id, reason=reason)
        if reference:
            desk.acted(tx, person_id, desk.ENABLED, reference=reference)
        return True
