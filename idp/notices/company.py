"""Notices to a member about what an administrator or the fund changed in a company (B-51)."""

from typing import Any

from idp.clients.client import Client
from idp.database import Transaction
from idp.notices.notice import Occasion, language_of, tell
from idp.organisations.membership import DEACTIVATED, Membership
from idp.organisations.organisation import Organisation


def rights_changed(
    tx: Transaction, seat: Membership, at: Occasion, *, company: Organisation, client: Client, by: str, **more: Any
) -> None:
    """Tell the member all their rights from now on. `by` is the name of the administrator or fund."""
    labels = client.topic_labels(seat.topics, receiver_language(tx, seat, at))
    _tell(tx, seat, "rights_changed", at, company, by, is_administrator=seat.is_administrator, topics=labels, **more)


def access_changed(tx: Transaction, seat: Membership, at: Occasion, *, company: Organisation, by: str) -> None:
    """Tell the member that the access for this company ended, or came back."""
    _tell(tx, seat, "access_changed", at, company, by, deactivated=seat.state == DEACTIVATED)


def receiver_language(tx: Transaction, seat: Membership, at: Occasion) -> str:
    """Return the member's own language where it is known, else that of the occasion."""
    return language_of(tx, seat.person_id or "") or at.language


def _tell(
    tx: Transaction, seat: Membership, template: str, at: Occasion, company: Organisation, by: str, **values: Any
) -> None:
    tell(tx, seat.person_id or "", template, at, company=company.name, administrator=by, **values)
