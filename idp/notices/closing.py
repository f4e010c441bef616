"""Notices about an account that is to be deleted at its owner's wish."""

from idp.database import Transaction
from idp.notices.notice import Occasion, tell
from idp.people.closures import ClosureNotice

KEEP, LINK = "/keep-account", "link"
"""Where the link of the mails leads, and the parameter with its token."""


def asked(tx: Transaction, person_id: str, at: Occasion, begun: ClosureNotice) -> None:
    """Tell the person when the account will be deleted, and how to keep it."""
    _announce(tx, person_id, "closure_asked", at, begun)


def reminded(tx: Transaction, person_id: str, at: Occasion, begun: ClosureNotice) -> None:
    """Remind the person some days before the account is deleted."""
    _announce(tx, person_id, "closure_reminder", at, begun)


def kept(tx: Transaction, person_id: str, at: Occasion, *, reference: str, hindered: bool) -> None:
    """Tell the person that the account stays; `hindered`: because it is still needed."""
    tell(tx, person_id, "closure_stopped", at, reference=reference, hindered=hindered)


def _announce(tx: Transaction, person_id: str, template: str, at: Occasion, begun: ClosureNotice) -> None:
    link = at.link(KEEP, **{LINK: begun.token})
    tell(tx, person_id, template, at, reference=begun.reference, due_at=begun.due_at, link=link)
