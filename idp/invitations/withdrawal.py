"""End a code that must not be used any more, with the clerk's reason."""

import sqlalchemy as sa

from idp.audit import log
from idp.audit.events.invitations import RegistrationCodeWithdrawn
from idp.database import Transaction
from idp.invitations import status
from idp.invitations.registration_code import LIVE, RegistrationCode, State
from idp.organisations import memberships, organisation
from idp.organisations.memberships import NotFound

TABLE = RegistrationCode.__table__

WITHDRAW = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"), TABLE.c.state.in_(LIVE))
    .values(state=State.WITHDRAWN, ended_at=sa.bindparam("at"), reason=sa.bindparam("why"))
)


def withdraw(tx: Transaction, code_id: str, *, reason: str) -> bool:
    """Withdraw a live code; False when it was used, replaced or withdrawn before."""
    withdrawn = tx.execute(WITHDRAW, {"of_id": code_id, "at": tx.now, "why": reason}).rowcount == 1
    if withdrawn:
        log.record(tx, RegistrationCodeWithdrawn(code_id=code_id, reason=reason))
    return withdrawn


def withdraw_member(tx: Transaction, membership_id: str, *, reason: str) -> NotFound | None:
    """End the invitation of a user, and take the line out of the company's list (B-48)."""
    for code in status.of_subject(tx, membership_id):
        withdraw(tx, code.id, reason=reason)
    return memberships.withdraw(tx, membership_id)


def withdraw_administrators(tx: Transaction, organisation_id: str, *, reason: str) -> None:
    """End the invitations with which an administrator made another; the fund's own dies when the next is issued."""
    organisation.hold(tx, organisation_id)
    for membership_id in memberships.invited_administrators(tx, organisation_id):
        withdraw_member(tx, membership_id, reason=reason)
