"""End a code that must not be used any more, with the clerk's reason."""

import sqlalchemy as sa

from idp.audit import log
from idp.audit.events.invitations import RegistrationCodeWithdrawn
from idp.database import Transaction
from idp.invitations.registration_code import LIVE, RegistrationCode, RegistrationCodeState

TABLE = RegistrationCode.__table__

WITHDRAW = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"), TABLE.c.state.in_(LIVE))
    .values(state=RegistrationCodeState.WITHDRAWN, ended_at=sa.bindparam("at"), reason=sa.bindparam("why"))
)


def withdraw(tx: Transaction, code_id: str, *, reason: str) -> bool:
    """Withdraw a live code; False when it was used, replaced or withdrawn before."""
    withdrawn = tx.execute(WITHDRAW, {"of_id": code_id, "at": tx.now, "why": reason}).rowcount == 1
    if withdrawn:
        log.record(tx, RegistrationCodeWithdrawn(code_id=code_id, reason=reason))
    return withdrawn
