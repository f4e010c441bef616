"""Replace a mailbox that its owner has lost: begun by the desk, finished by the reader of the new one (X-17, X-18)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from idp.actions.actor import Actor, acting
from idp.actions.emails import change_email
from idp.clients import policy
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.notices import lost_mailbox as notices
from idp.notices.notice import Occasion
from idp.organisations.opened_portals import portals_opened_by
from idp.people import email_replacements, emails, person
from idp.people.email_address import Email, normalise_email
from idp.people.email_replacements import BegunReplacement, EmailReplacement
from idp.people.emails import EmailTaken

REASON = "mailbox-lost"


@dataclass(frozen=True)
class NoReplacement:
    """Refused: the person is not active or has no portal, or the address is theirs already or someone else's."""

    why: Literal["inactive", "no-portal", "same", "taken"]


@dataclass(frozen=True)
class ReplacementOver:
    """The replacement was used or cancelled, or its time has not come."""


def begin_email_replacement(
    tx: Transaction,
    registry: Registry,
    person_id: str,
    new: Email,
    issuer: str,
    *,
    by: Actor,
    reason: str,
    identity: str,
    even_taken: bool = False,
) -> BegunReplacement | NoReplacement:
    """Let the new address replace the lost one after a waiting time; nothing changes before.

    The wait is the longest of the person's portals. The old mailbox and the phone are told how to stop it, the new
    mailbox how to confirm it. `identity` says how the desk knows who asked.
    `even_taken`: an address of someone else is refused only to whoever opens the link, who reads that mailbox.
    """
    person.hold(tx, person_id)
    opened, current = portals_opened_by(tx, registry, person_id), emails.of_person(tx, person_id)
    found = person.by_id(tx, person_id)
    if found is None or not found.is_active:
        return NoReplacement("inactive")
    if not opened:
        return NoReplacement("no-portal")
    if not even_taken and emails.owner(tx, new) not in {"", person_id}:
        return NoReplacement("taken")
    if current is not None and current.address == new.address:
        return NoReplacement("same")
    rules = policy.strictest([client.policy.recovery for client in opened])
    wait = timedelta(seconds=max(rules.cooldown, rules.changes_wait))
    at = Occasion(client_id=opened[0].client_id, issuer=issuer)
    with acting(tx, by, reason=reason):
        begun = email_replacements.begin(
            tx, person_id, new, client_id=at.client_id, wait=wait, reason=reason, identity=identity
        )
        notices.begun(tx, person_id, at, begun, new=new.address)
        return begun


def finish_email_replacement(
    tx: Transaction, replacement: EmailReplacement, at: Occasion
) -> EmailTaken | ReplacementOver | None:
    """Give the person the new address, which was proved; the old mailbox can still undo it for three days.

    The caller undoes everything where this fails: the replacement is used up only with the change.
    """
    new, person_id = normalise_email(replacement.address), replacement.person_id
    person.hold(tx, person_id)
    if not isinstance(new, Email) or not email_replacements.spend(tx, person_id):
        return ReplacementOver()
    return change_email(tx, person_id, new, at, by=Actor.person(person_id), reason=REASON)


def keep_email(tx: Transaction, person_id: str, at: Occasion, *, by: Actor, why: str, reason: str = "") -> bool:
    """Cancel the replacement, and tell the mailbox. False: none was begun."""
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        reference = email_replacements.cancel(tx, person_id, reason=reason or why)
        if not reference:
            return False
        notices.kept(tx, person_id, at, reference=reference)
        return True
