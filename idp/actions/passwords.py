"""Actions on passwords: give an account another one, or disable the current one."""

from dataclasses import dataclass

from idp.actions.actor import Actor, acting, note
from idp.actions.unlocking import forget_tries
from idp.clients.registry import Registry
from idp.credentials import cooling_down, passwords
from idp.database import Transaction
from idp.notices import account
from idp.notices.notice import Occasion
from idp.people import person
from idp.sessions import ending, known_browsers

CHANGED, RETIRED = "password-changed", "password-retired"
RECOVERY = "recovery"


@dataclass(frozen=True)
class HashedPassword:
    """A password that may be chosen: its stored form, and the length floor it met."""

    hash: str
    floor: int


def replace_password(
    tx: Transaction, person_id: str, new: HashedPassword, at: Occasion, *, by: Actor, reason: str, but: str = ""
) -> int:
    """Store the new password, end every session but the one with id `but`, and tell the person.

    Returns how many sessions ended (ASVS 7.4.3).
    """
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        reference = passwords.replace(tx, person_id, new.hash, floor=new.floor, reason=reason)
        account.password_changed(tx, person_id, at, reference=reference)
        return ending.end_all(tx, person_id, reason=CHANGED, but=but)


def recover_password(
    tx: Transaction,
    registry: Registry,
    person_id: str,
    new: HashedPassword,
    at: Occasion,
    *,
    by: Actor,
    by_mailbox_alone: bool,
) -> int:
    """Store a password that was chosen without the old one (D-17).

    Every session, known browser and failed try is forgotten; mailbox and phone are told, the mailbox also how long
    other changes wait. Returns how many sessions ended.
    """
    with acting(tx, by, reason=RECOVERY):
        person.hold(tx, person_id)
        reference = passwords.recover(
            tx, person_id, new.hash, floor=new.floor, reason=RECOVERY, by_mailbox_alone=by_mailbox_alone
        )
        forget_tries(tx, person_id)
        waits = cooling_down.until(tx, registry, person_id)
        account.password_changed(tx, person_id, at, reference=reference, by_phone_too=True, changes_wait_until=waits)
        ended = ending.end_all(tx, person_id, reason=CHANGED)
        known_browsers.forget(tx, person_id)
        return ended


def require_new_password(tx: Transaction, person_id: str, at: Occasion, *, by: Actor, reason: str) -> int | None:
    """Disable a password that someone else may know, and end all access that it opened.

    The person is told, and chooses another one by the way of a forgotten password. Returns how many sessions ended.
    None: there is no password that opens anything.
    """
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        reference = passwords.retire(tx, person_id, reason=reason)
        if not reference:
            return None
        note(tx, by, "require-new-password", person_id=person_id, reason=reason)
        account.password_required(tx, person_id, at, reference=reference)
        ended = ending.end_all(tx, person_id, reason=RETIRED)
        known_browsers.forget(tx, person_id)
        return ended
