"""The link in a notice by which its receiver says « It was not me » and protects the account (X-15, X-16).

Sealed and stateless: it names the person, the mailbox that it was sent to and the event it speaks of. It proves nothing
by itself: the page behind it sends a code to that mailbox first. It is good as long as the change of an address can be
undone. For so long the old mailbox of a changed address may use it too.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from idp.database import Transaction
from idp.people import email_changes
from idp.people.email_address import email_key
from idp.people.email_changes import EmailChange
from idp.sealing import CannotOpen

ADDRESS, PARAMETER = "/not-me", "link"
PURPOSE = "not-me"
GOOD_FOR = email_changes.STOPPABLE
AFTERWARDS = timedelta(hours=1)


class NamedMisuse(msgspec.Struct, frozen=True):
    """The content of a link: account, mailbox, event, and the time since when the account may have been misused."""

    person_id: str
    mailbox: str
    reference: str
    since: datetime


def address(
    tx: Transaction,
    issuer: str,
    portal: str,
    person_id: str,
    mailbox: str,
    reference: str,
    since: datetime | None = None,
) -> str:
    """Return the whole address for a mail to this mailbox, in the brand of the portal.

    The account may have been misused from now on, or since the given time.
    """
    named = NamedMisuse(person_id, email_key(mailbox), reference, since or tx.now)
    sealed = tx.sealer.seal(PURPOSE, msgspec.json.encode(named))
    return f"{issuer}{ADDRESS}?{urlencode({'portal': portal, PARAMETER: sealed})}"


def farthest_back(tx: Transaction) -> datetime:
    """Return the earliest time for a link that is good for an hour from now.

    Notices of what happened since then brought links that are as good.
    """
    return tx.now - GOOD_FOR + AFTERWARDS


def opened(tx: Transaction, sealed: str) -> NamedMisuse | None:
    """Return what the link names; None where it was not made here, or is too old."""
    try:
        named = msgspec.json.decode(tx.sealer.open(PURPOSE, sealed), type=NamedMisuse)
    except (CannotOpen, msgspec.DecodeError):
        return None
    return named if tx.now - named.since < GOOD_FOR else None


def undoable_change(tx: Transaction, person_id: str, mailbox: str) -> EmailChange | None:
    """Return the change that took this mailbox from the person, while it can be undone."""
    changes = email_changes.open_of_person(tx, person_id)
    return next((change for change in changes if change.old_key == mailbox), None)
