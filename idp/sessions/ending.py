"""Ending sessions. Portals are notified: each end reaches `idp.grants.end_access`."""

import sqlalchemy as sa

from idp.audit.events.sign_in import SessionEnded
from idp.audit.log import record
from idp.database import Transaction
from idp.grants.end_access import AllAccess, SessionAccess, end_access
from idp.people import accounts
from idp.sessions.session import SessionRow

ENDED = (SessionRow.id, SessionRow.person_id, SessionRow.sso_group)
END = (
    sa.update(SessionRow)
    .where(SessionRow.id == sa.bindparam("session"), SessionRow.ended_at.is_(None))
    .values(ended_at=sa.bindparam("now"), end_reason=sa.bindparam("reason"))
    .returning(*ENDED)
)
END_ALL = (
    sa.update(SessionRow)
    .where(
        SessionRow.person_id == sa.bindparam("person"),
        SessionRow.id != sa.bindparam("but"),
        SessionRow.ended_at.is_(None),
    )
    .values(ended_at=sa.bindparam("now"), end_reason=sa.bindparam("reason"))
    .returning(*ENDED)
)
DELETE = sa.delete(SessionRow).where(SessionRow.person_id == sa.bindparam("person"))


def end(tx: Transaction, session_id: str, *, reason: str) -> bool:
    """End one session and what lives from it (offline access stays); false when it was over already."""
    ended = tx.execute(END, {"session": session_id, "now": tx.now, "reason": reason}).first()
    if ended is None:
        return False
    _record(tx, ended, reason)
    end_access(tx, person_id=ended.person_id, scope=SessionAccess(ended.id), reason=reason)
    return True


def end_all(tx: Transaction, person_id: str, *, reason: str, but: str = "") -> int:
    """End all access of the person, offline access included: password changed, disabled, log out everywhere.

    The session with id `but` continues, with what lives from it; a sign-in that is under way is not completed. Returns
    how many sessions ended.
    """
    accounts.note_access_ended(tx, person_id)
    asked = {"person": person_id, "but": but, "now": tx.now, "reason": reason}
    ended = tx.execute(END_ALL, asked).all()
    for session in ended:
        _record(tx, session, reason)
    end_access(tx, person_id=person_id, scope=AllAccess(keep_session=but), reason=reason)
    return len(ended)


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the sessions of an erased person, ended ones included: they hold addresses and browsers."""
    tx.execute(DELETE, {"person": person_id})


def _record(tx: Transaction, ended: sa.Row[tuple[str, str, str]], reason: str) -> None:
    group = ended.sso_group
    record(tx, SessionEnded(person_id=ended.person_id, session_id=ended.id, group=group, reason=reason))
