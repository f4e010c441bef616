"""Give a person another login address, and let the owner of the old one undo it (X-17)."""

from idp.actions.actor import Actor, acting
from idp.actions.remove_method import remove_added
from idp.clients.registry import Registry
from idp.credentials import passwords, recoveries
from idp.database import Transaction
from idp.notices import account
from idp.notices.notice import Occasion
from idp.people import email_changes, emails, person
from idp.people.email_address import Email, normalise_email
from idp.people.email_changes import EmailChange
from idp.people.emails import EmailTaken
from idp.sessions import ending, known_browsers

CHANGED, UNDONE = "email-changed", "email-change-undone"


def change_email(
    tx: Transaction, person_id: str, new: Email, at: Occasion, *, by: Actor, reason: str = "", but: str = ""
) -> EmailTaken | None:
    """Store an address that was proved, end every session but the one with id `but`, and tell both mailboxes.

    The old mailbox gets a link that undoes it for three days. Links for a new password that went there end.
    """
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        before = emails.of_person(tx, person_id)
        old, old_key = (before.address, before.key) if before is not None else ("", "")
        given = emails.give(tx, person_id, new, verified=True)
        if isinstance(given, EmailTaken):
            return given
        recoveries.end_pending(tx, person_id)
        if old:
            change, token = email_changes.note(tx, person_id, old=old, old_key=old_key, client_id=at.client_id)
            account.email_changed(tx, person_id, at, change, new=new.address, token=token, reference=given)
        ending.end_all(tx, person_id, reason=CHANGED, but=but)
        return None


def undo_email_change(tx: Transaction, registry: Registry, change: EmailChange, at: Occasion) -> bool:
    """Restore the old address, and take away whatever the other one may have led to. False: it is too late.

    Every session ends, and the password opens nothing any more: who changed the address may know it. Nor do the ways
    to sign in that were added since: the change signed everybody else out.
    """
    person_id, by = change.person_id, Actor.person(change.person_id)
    person.hold(tx, person_id)
    if not email_changes.undo(tx, change):
        return False
    with acting(tx, by):
        old = normalise_email(change.old)
        if isinstance(old, Email):
            emails.give(tx, person_id, old, verified=True)
        remove_added(tx, registry, person_id, change.changed_at, by=by, at=at)
        recoveries.end_pending(tx, person_id)
        reference = passwords.retire(tx, person_id, reason=UNDONE)
        ending.end_all(tx, person_id, reason=UNDONE)
        known_browsers.forget(tx, person_id)
        account.password_required(tx, person_id, at, reference=reference or at.reference)
        return True
