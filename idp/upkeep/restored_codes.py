"""Registration codes that ended after a backup was taken. The restored database believes that they are valid.

The lines of the audit trail are the memory outside the database. The head of their chain in the backup is the
high-water mark: the lines behind it tell what the backup does not know. They count only if they are whole and reach
back to the mark. Without them an operator decides: all codes end, or all stay.

A code that was used since stays: the account that it opened is lost, and its owner opens it again.
"""

import json
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from idp.audit import chain
from idp.audit.chain import ChainFault, ChainHead
from idp.audit.events.invitations import RegistrationCodeReplaced, RegistrationCodeWithdrawn
from idp.database import Database, Origin, Transaction
from idp.invitations import withdrawal
from idp.invitations.registration_code import LIVE, RegistrationCode

ENDED = {RegistrationCodeWithdrawn.__name__, RegistrationCodeReplaced.__name__}
RESTORED = "restored"
BATCH = 500
LIVE_CODES = sa.select(RegistrationCode.id).where(RegistrationCode.state.in_(LIVE)).limit(BATCH)


class UnusableLines(Exception):
    """The lines do not tell what happened since the backup; the message is a sentence."""


def are_live(tx: Transaction) -> bool:
    """Return whether a code of this database may still be used."""
    return tx.execute(LIVE_CODES.limit(1)).first() is not None


def ended_since(mark: ChainHead, lines: Iterable[str]) -> list[str]:
    """Return the ids of the codes that were withdrawn or replaced behind the backup's mark. Raises `UnusableLines`."""
    ended: list[str] = []
    verdict = chain.verify(_noticing(lines, mark, ended))
    if isinstance(verdict, ChainFault):
        raise UnusableLines(verdict.reason)
    first, last = verdict
    if first.sequence > mark.sequence + 1:
        raise UnusableLines(
            f"the lines begin at {first.sequence}, the backup ends at {mark.sequence}: give older ones too"
        )
    if last.sequence < mark.sequence:
        raise UnusableLines(f"the lines end at {last.sequence}, before the backup, which ends at {mark.sequence}")
    return ended


def end(database: Database, origin: Origin, codes: Iterable[str], *, reason: str = RESTORED) -> int:
    """Withdraw those of these codes that are valid, and return how many were."""
    ended = 0
    with database.transaction(origin) as tx:
        for code in codes:
            ended += withdrawal.withdraw(tx, code, reason=reason)
    return ended


def end_all(database: Database, origin: Origin) -> int:
    """Withdraw every code, batch by batch, and return how many there were."""
    ended = 0
    while True:
        with database.reading() as tx:
            codes = list(tx.execute(LIVE_CODES).scalars())
        if not codes:
            return ended
        ended += end(database, origin, codes)


def _noticing(lines: Iterable[str], mark: ChainHead, ended: list[str]) -> Iterator[str]:
    """Hand the lines on, and note the codes whose end stands behind the mark.

    The line of the mark has its hash, and the one behind it names that as the one before.
    """
    at_mark, behind = (f'{{"sequence":{mark.sequence + further},' for further in (0, 1))
    for text in lines:
        if text.startswith((at_mark, behind)) and mark.hash not in text:
            raise UnusableLines(
                f"the lines around {mark.sequence} do not fit the backup: these lines are of other events"
            )
        yield text
        if any(name in text for name in ENDED):
            entry = json.loads(text)
            if entry["event"] in ENDED and entry["sequence"] > mark.sequence:
                ended.append(str(entry["details"]["code_id"]))
