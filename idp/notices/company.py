"""Notices to a member about what an administrator or the fund changed in a company (B-51)."""

from datetime import timedelta

from idp.clients.client import Client
from idp.database import Transaction
from idp.notices.notice import Occasion, language_of, tell
from idp.organisations.membership import Membership
from idp.organisations.organisation import Organisation


def rights_changed(
    tx: Transaction,
    membership: Membership,
    at: Occasion,
    *,
    company: Organisation,
    client: Client,
    by: str,
    reference: str = "",
) -> None:
    """Tell the member all their rights from now on. `by` is the name of the administrator or fund."""
    labels = client.topic_labels(membership.topics, receiver_language(tx, membership, at))
    _tell(
        tx,
        membership,
        "rights_changed",
        at,
        company,
        by,
        is_administrator=membership.is_administrator,
        topics=labels,
        reference=reference,
    )


def access_changed(
    tx: Transaction, membership: Membership, at: Occasion, *, company: Organisation, by: str, deactivated: bool
) -> None:
    """Tell the member that the access for this company ended, or came back."""
    _tell(tx, membership, "access_changed", at, company, by, deactivated=deactivated)


def directory_admitted(
    tx: Transaction,
    membership: Membership,
    at: Occasion,
    *,
    company: Organisation,
    by: str,
    token: str,
    days: int,
    reference: str,
) -> None:
    """Tell an administrator that a directory can manage the company's users for so many days, by this token's name."""
    values = {"until": tx.now + timedelta(days=days), "link": at.link(f"/organisations/{company.id}/users/directory")}
    _tell(tx, membership, "directory_admitted", at, company, by, reference=reference, token=token, **values)


def receiver_language(tx: Transaction, membership: Membership, at: Occasion) -> str:
    """Return the member's own language where it is known, else that of the occasion."""
    return language_of(tx, membership.person_id or "") or at.language


def _tell(
    tx: Transaction,
    membership: Membership,
    template: str,
    at: Occasion,
    company: Organisation,
    by: str,
    *,
    reference: str = "",
    **values: object,
) -> None:
    named = {"company": company.name, "administrator": by, **values}
    tell(tx, membership.person_id or "", template, at, reference=reference, also=named)
