"""Notices about a mailbox that its owner is said to have lost: to the old one, the phone, and the new one."""

from idp.database import Transaction
from idp.messages.recipient import mask_email
from idp.notices.notice import Occasion, proved_number, tell, tell_address
from idp.people.email_replacements import BegunReplacement

CONFIRM, STOP, LINK = "/new-address", "/keep-address", "link"
"""Where the links lead: that of the new mailbox, that of the old one; and the parameter with the token."""


def begun(tx: Transaction, person_id: str, at: Occasion, begun: BegunReplacement, *, new: str) -> None:
    """Tell the old mailbox and the phone how to stop it, and the new mailbox from when on it can be confirmed."""
    tell(
        tx,
        person_id,
        "email_replacement",
        at,
        reference=begun.reference,
        numbers=(proved_number(tx, person_id),),
        email=mask_email(new),
        opens_at=begun.opens_at,
        link=at.link(STOP, **{LINK: begun.stop}),
    )
    link = at.link(CONFIRM, **{LINK: begun.link})
    opens_at, until, reference = begun.opens_at, begun.expires_at, begun.reference
    tell_address(tx, person_id, new, "new_address", at, reference=reference, opens_at=opens_at, until=until, link=link)


def kept(tx: Transaction, person_id: str, at: Occasion, *, reference: str) -> None:
    """Tell the mailbox that it stays the account's."""
    tell(tx, person_id, "email_kept", at, reference=reference)
