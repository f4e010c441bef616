"""Protect an account whose owner says: that was not me."""

from idp.actions.actor import Actor, acting
from idp.actions.closing import MISUSE, keep_account
from idp.actions.emails import undo_email_change
from idp.actions.end_sessions import end_sessions
from idp.audit.events.sign_in import MisuseReported
from idp.audit.log import record
from idp.clients.registry import Registry
from idp.credentials import passwords, recoveries
from idp.database import Transaction
from idp.notices import account
from idp.notices.notice import Occasion
from idp.people import person
from idp.people.email_changes import EmailChange
from idp.sessions import known_browsers

REASON = "reported-by-owner"


def report_misuse(tx: Transaction, person_id: str, at: Occasion, *, by: Actor, reported: str, but: str) -> None:
    """End all access except the session with id `but`, and disable the password and every mailed link.

    No browser is known any more, and an account that was to be deleted stays. The person is told, and chooses another
    password next.
    """
    with acting(tx, by):
        person.hold(tx, person_id)
        reference = record(tx, MisuseReported(person_id=person_id, reported=reported))
        passwords.retire(tx, person_id, reason=REASON)
        recoveries.end_pending(tx, person_id)
        keep_account(tx, person_id, at, by=by, why=MISUSE)
        end_sessions(tx, person_id, by=by, but=but)
        known_browsers.forget(tx, person_id)
        account.password_required(tx, person_id, at, reference=reference)


def report_from_mailbox(
    tx: Transaction, registry: Registry, person_id: str, at: Occasion, *, reported: str, change: EmailChange | None
) -> None:
    """Do as `report_misuse`, for a person who proved only a mailbox of the account.

    `change` replaced this very mailbox by another one: it is undone, with all that it may have led to.
    """
    by = Actor.person(person_id)
    if change is None or not undo_email_change(tx, registry, change, at):
        report_misuse(tx, person_id, at, by=by, reported=reported, but="")
        return
    with acting(tx, by):
        record(tx, MisuseReported(person_id=person_id, reported=reported))
        keep_account(tx, person_id, at, by=by, why=MISUSE)
