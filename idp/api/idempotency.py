"""Requests that happen once: a program that got no answer sends the same again with the same `Idempotency-Key`.

A claim is stored before the act, and the answer in the very transaction of the act: either both are there or neither.
An answer is kept for a day, sealed, because it may hold the codes of letters. After a refusal the key is free again.
A process that died in the middle leaves a claim without an answer, which the next attempt takes over after a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.api.problem import IN_PROGRESS, KEY_REUSED, MALFORMED, ApiProblem
from idp.database import Base, Database, Transaction
from idp.statements import upsert

LONGEST = 255
KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=1)
SEAL = "idempotent-request"


class IdempotentRequest(Base):
    """One key of one program.

    `request` is the digest of all that must be the same, `holder` names the attempt that is under way, and `answer`
    is empty until it is done.
    """

    __tablename__ = "idempotent_requests"
    __table_args__ = (sa.UniqueConstraint("client_id", "key"), sa.Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    key: Mapped[str]
    request: Mapped[str]
    holder: Mapped[str]
    answer: Mapped[str]
    begun_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class RightsThen(msgspec.Struct, frozen=True, kw_only=True):
    """The rights and the reach by which an answer may have been made."""

    scopes: frozenset[str] = frozenset()
    funds: frozenset[str] = frozenset()
    portals: frozenset[str] = frozenset()


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it went out; whoever has fewer rights than `given_by` does not get it again."""

    status: int
    body: str = ""
    headers: dict[str, str] = {}
    given_by: RightsThen = RightsThen()


@dataclass(frozen=True)
class Claim:
    """The right to answer the request of this row."""

    row_id: str
    holder: str


CLAIM = upsert(
    IdempotentRequest,
    ["client_id", "key"],
    ["request", "holder", "answer", "begun_at", "expires_at"],
    where=sa.or_(
        IdempotentRequest.expires_at <= sa.bindparam("now"),
        sa.and_(IdempotentRequest.answer == "", IdempotentRequest.begun_at <= sa.bindparam("abandoned")),
    ),
).returning(IdempotentRequest.id)
FIND = sa.select(IdempotentRequest.id, IdempotentRequest.request, IdempotentRequest.answer).where(
    IdempotentRequest.client_id == sa.bindparam("of_client"), IdempotentRequest.key == sa.bindparam("of_key")
)
MINE = (
    IdempotentRequest.id == sa.bindparam("row"),
    IdempotentRequest.holder == sa.bindparam("by"),
    IdempotentRequest.answer == "",
)
KEEP = sa.update(IdempotentRequest).where(*MINE).values(answer=sa.bindparam("sealed"))
RELEASE = sa.delete(IdempotentRequest).where(*MINE)


def claim(database: Database, client_id: str, key: str, *request: str) -> Claim | KeptAnswer:
    """Return the right to act, or the answer that was given. `request` is everything that must be the same.

    Raises `ApiProblem` for a key that is unusable, under way, or came with another request.
    """
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise ApiProblem(MALFORMED, f"Idempotency-Key: 1 to {LONGEST} printable characters are expected.")
    holder = random_values.token(16)
    with database.transaction() as tx:
        fresh = {
            "id": random_values.new_id(tx.now),
            "client_id": client_id,
            "key": key,
            "request": tx.sealer.digest(SEAL, *request),
            "holder": holder,
            "answer": "",
            "begun_at": tx.now,
            "expires_at": tx.now + KEPT,
        }
        claimed = tx.execute(CLAIM, {**fresh, "now": tx.now, "abandoned": tx.now - LEASE}).scalar()
        return _given(tx, client_id, key, request) if claimed is None else Claim(claimed, holder)


def _given(tx: Transaction, client_id: str, key: str, request: tuple[str, ...]) -> KeptAnswer:
    found = tx.execute(FIND, {"of_client": client_id, "of_key": key}).one()
    if not tx.sealer.matches(found.request, SEAL, *request):
        raise ApiProblem(KEY_REUSED)
    if not found.answer:
        raise ApiProblem(IN_PROGRESS, headers={"Retry-After": "1"})
    return msgspec.json.decode(tx.sealer.open(SEAL, found.answer, context=found.id), type=KeptAnswer)


def keep(tx: Transaction, claimed: Claim, answer: KeptAnswer) -> None:
    """Store the answer beside what was done. Raises `ApiProblem` if another attempt took the claim over meanwhile."""
    sealed = tx.sealer.seal(SEAL, msgspec.json.encode(answer), context=claimed.row_id)
    if tx.execute(KEEP, {"row": claimed.row_id, "by": claimed.holder, "sealed": sealed}).rowcount != 1:
        raise ApiProblem(IN_PROGRESS)


def release(database: Database, claimed: Claim) -> None:
    """Give the key free: nothing was done."""
    with database.transaction() as tx:
        tx.execute(RELEASE, {"row": claimed.row_id, "by": claimed.holder})
