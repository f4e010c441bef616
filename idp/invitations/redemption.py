"""Look a typed code up, open it, spend it.

- A lookup tries the digest under every sealer key, so that rotated keys lose no live letter.
- Opening never spends: the code is spent by one statement in the transaction that finishes the registration (C-15).
- Every refusal has its true cause, for staff and the audit trail; pages show one neutral sentence (B-09, C-16).
- The step debits its limits first (C-18); nothing here locks a letter.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from idp.audit import log
from idp.audit.events.invitations import RegistrationCodeOpened, RegistrationCodeRefused, RegistrationCodeUsed
from idp.database import Transaction
from idp.invitations import code_text
from idp.invitations.registration_code import (
    DIGEST,
    LIVE,
    RegistrationCode,
    RegistrationCodeDetails,
    RegistrationCodeState,
    read_code,
    select_codes,
)

TABLE = RegistrationCode.__table__


class Cause(StrEnum):
    """Why a typed code is refused. For staff; a page never says which."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    OTHER_PORTAL = "other portal"
    EXPIRED = "expired"
    USED = "used"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


@dataclass(frozen=True)
class UsableCode:
    """The code may be used for a registration. `reopened`: it had been opened before, here or elsewhere."""

    code: RegistrationCodeDetails
    reopened: bool = False


@dataclass(frozen=True)
class UnusableCode:
    """The code may not be used. `code` is known unless nothing like it was ever issued."""

    cause: Cause
    code: RegistrationCodeDetails | None = None


BY_DIGEST = select_codes().where(TABLE.c.code_digest.in_(sa.bindparam("digests", expanding=True)))
BY_ID = select_codes().where(TABLE.c.id == sa.bindparam("of_id"))
OPEN = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(
        TABLE.c.id == sa.bindparam("of_id"),
        TABLE.c.state.in_((RegistrationCodeState.CREATED, RegistrationCodeState.SENT)),
    )
    .values(state=RegistrationCodeState.OPENED, opened_at=sa.bindparam("at"))
)
SPEND = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"), TABLE.c.state.in_(LIVE), TABLE.c.expires_at > sa.bindparam("at"))
    .values(state=RegistrationCodeState.USED, used_at=sa.bindparam("at"), person_id=sa.bindparam("by_person"))
)


def fund_of(tx: Transaction, code_id: str) -> str:
    """Return the fund that issued the code of this id, whatever became of it; empty for an unknown one."""
    row = tx.execute(BY_ID, {"of_id": code_id}).one_or_none()
    return read_code(row).fund if row is not None else ""


def find(tx: Transaction, typed: str, *, client_id: str) -> UsableCode | UnusableCode:
    """Find the code behind the typed text without changing anything.

    A mail-code page uses it to notice the letter's code (C-13).
    """
    code = code_text.read(typed)
    if code is None:
        return UnusableCode(Cause.MALFORMED)
    row = tx.execute(BY_DIGEST, {"digests": tx.sealer.digests(DIGEST, code)}).one_or_none()
    if row is None:
        return UnusableCode(Cause.UNKNOWN)
    return _judged(tx, read_code(row), client_id)


def open_code(tx: Transaction, typed: str, *, client_id: str) -> UsableCode | UnusableCode:
    """Begin or resume a registration with the typed code; marks it opened, and records refusals with their cause."""
    found = find(tx, typed, client_id=client_id)
    if isinstance(found, UnusableCode):
        code_id = found.code.id if found.code else ""
        log.record(tx, RegistrationCodeRefused(client_id=client_id, code_id=code_id, cause=found.cause.value))
        return found
    opened_now = tx.execute(OPEN, {"of_id": found.code.id, "at": tx.now}).rowcount == 1
    if opened_now:
        log.record(tx, RegistrationCodeOpened(client_id=client_id, code_id=found.code.id))
    return UsableCode(found.code, reopened=not opened_now)


def by_id(tx: Transaction, code_id: str, *, client_id: str) -> UsableCode | UnusableCode:
    """Return the code a run has opened, judged again: it may have been withdrawn, replaced or used since."""
    row = tx.execute(BY_ID, {"of_id": code_id}).one_or_none()
    return UnusableCode(Cause.UNKNOWN) if row is None else _judged(tx, read_code(row), client_id)


def spend(tx: Transaction, code_id: str, *, person_id: str) -> bool:
    """Use the code up for this person; False when someone else was first, or it ended meanwhile.

    Call it in the transaction that creates the account: one statement decides, whatever runs at the same time.
    """
    spent = tx.execute(SPEND, {"of_id": code_id, "at": tx.now, "by_person": person_id}).rowcount == 1
    if spent:
        log.record(tx, RegistrationCodeUsed(person_id=person_id, code_id=code_id))
    return spent


def move(tx: Transaction, subjects: Collection[str], from_id: str, to_id: str) -> None:
    """Name another account of the same person on the codes that it used; `subjects` are those of the codes."""
    theirs = sa.update(TABLE).where(TABLE.c.subject_id.in_(subjects), TABLE.c.person_id == from_id)  # type: ignore[arg-type]
    tx.execute(theirs.values(person_id=to_id))


def _judged(tx: Transaction, code: RegistrationCodeDetails, client_id: str) -> UsableCode | UnusableCode:
    if code.client_id != client_id:
        return UnusableCode(Cause.OTHER_PORTAL, code)
    state = code.state_at(tx.now)
    return (
        UsableCode(code, reopened=state == RegistrationCodeState.OPENED)
        if state in LIVE
        else UnusableCode(Cause(state), code)
    )
