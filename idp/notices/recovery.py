"""Notices about a recovery that was begun. The answers to a request are in `flows.shared.recovery_messages`."""

from idp.credentials.recoveries import Recovery
from idp.database import Transaction
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.notices.account import RECOVERY
from idp.notices.notice import Occasion, language_of, tell
from idp.people import emails


def stopped(tx: Transaction, recovery: Recovery, at: Occasion, *, reference: str) -> None:
    """Tell the owner that the link of a mail stopped every pending request for a new password."""
    tell(tx, recovery.person_id, "recovery_stopped", at, reference=reference)


def gone(tx: Transaction, recovery: Recovery, at: Occasion) -> None:
    """Tell the owner that the link died of wrong codes (D-15)."""
    address = emails.of_person(tx, recovery.person_id)
    if address is None:
        return
    message = Message(
        kind="email",
        to=address.address,
        template="recovery_gone",
        language=language_of(tx, recovery.person_id) or at.language,
        values={"at": tx.now, "reference": at.reference, "link": at.link(RECOVERY)},
        client_id=recovery.client_id,
        lane="codes",  # someone waits for it at the screen
        expires_at=recovery.expires_at,
        person_id=recovery.person_id,
        about=recovery.id,
    )
    outbox.enqueue(tx, message)
