"""Scopes that a person has granted to a client. One row per person and client; a new consent adds to the old."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit import log
from idp.audit.events.access import ConsentGiven, ConsentWithdrawn
from idp.database import Base, Transaction
from idp.statements import insert_if_absent


class ConsentRow(Base):
    __tablename__ = "consents"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(primary_key=True)
    scopes: Mapped[list[str]]
    granted_at: Mapped[datetime]
    granted_for: Mapped[str] = mapped_column(server_default="")


FIND = sa.select(ConsentRow.scopes, ConsentRow.granted_at, ConsentRow.granted_for).where(
    ConsentRow.person_id == sa.bindparam("person"), ConsentRow.client_id == sa.bindparam("client")
)


FIRST = insert_if_absent(ConsentRow)


@dataclass(frozen=True)
class GrantedConsent:
    """`granted_for` is the id of the authorization request that the last yes was said to, or empty."""

    client_id: str
    scopes: frozenset[str]
    granted_at: datetime
    granted_for: str = ""


def find(tx: Transaction, person_id: str, client_id: str) -> GrantedConsent | None:
    """Find the consent of this person for this client, with the time of the last one."""
    row = tx.execute(FIND, {"person": person_id, "client": client_id}).first()
    if row is None:
        return None
    return GrantedConsent(client_id, frozenset(row.scopes), row.granted_at, row.granted_for)


def grant(tx: Transaction, person_id: str, client_id: str, scopes: Iterable[str], *, request_id: str = "") -> None:
    """Add these scopes to the person's consent; `request_id` names the request."""
    asked = sorted(set(scopes))
    tx.execute(FIRST, {"person_id": person_id, "client_id": client_id, "scopes": [], "granted_at": tx.now})
    row = tx.session.get_one(ConsentRow, (person_id, client_id), with_for_update=True, populate_existing=True)
    row.scopes = sorted({*row.scopes, *asked})
    row.granted_at, row.granted_for = tx.now, request_id
    log.record(tx, ConsentGiven(person_id=person_id, client_id=client_id, scopes=asked))


def withdraw(tx: Transaction, person_id: str, client_id: str) -> bool:
    """Forget the consent. False: there was none. `idp.actions.consents` also ends the access that came from it."""
    row = tx.session.get(ConsentRow, (person_id, client_id))
    if row is None:
        return False
    tx.session.delete(row)
    log.record(tx, ConsentWithdrawn(person_id=person_id, client_id=client_id))
    return True


def of_person(tx: Transaction, person_id: str) -> Sequence[GrantedConsent]:
    """Everything the person has granted."""
    rows = tx.session.scalars(
        sa.select(ConsentRow).where(ConsentRow.person_id == person_id).order_by(ConsentRow.client_id)
    )
    return [GrantedConsent(row.client_id, frozenset(row.scopes), row.granted_at) for row in rows]
