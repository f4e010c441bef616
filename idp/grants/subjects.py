"""The name by which a client knows a person: the person's id, or a name of its own per sector (OIDC Core §8).

Pairwise names are random and stored: they outlive every key rotation, and nobody can compute one from another.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.clients.client import Client
from idp.database import Base, Transaction
from idp.hot_statements import HotStatement
from idp.statements import insert_if_absent


class PairwiseSubject(Base):
    __tablename__ = "pairwise_subjects"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    sector: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(unique=True)


FIND = HotStatement(
    sa.select(PairwiseSubject.subject).where(
        PairwiseSubject.person_id == sa.bindparam("person_id"), PairwiseSubject.sector == sa.bindparam("sector")
    )
)
BEHIND = HotStatement(
    sa.select(PairwiseSubject.person_id).where(
        PairwiseSubject.subject == sa.bindparam("subject"), PairwiseSubject.sector == sa.bindparam("sector")
    )
)
REMEMBER = HotStatement(insert_if_absent(PairwiseSubject))


def known_subject(tx: Transaction, person_id: str, client: Client) -> str:
    """Return the `sub` by which this client knows the person, empty for a pairwise one not made yet. Reads only."""
    if client.subject_type != "pairwise":
        return person_id
    return str(tx.run(FIND, {"person_id": person_id, "sector": client.sector}).scalar() or "")


def person_behind(tx: Transaction, subject: str, client: Client) -> str:
    """Return the id of the person whom this client knows by this `sub`; empty: nobody. Reads only."""
    if client.subject_type != "pairwise":
        return subject
    return str(tx.run(BEHIND, {"subject": subject, "sector": client.sector}).scalar() or "")


def subject_of(tx: Transaction, person_id: str, client: Client) -> str:
    """Return the `sub` of this person at this client.

    A pairwise one is made at the first call, in a writing transaction.
    """
    if client.subject_type != "pairwise":
        return person_id
    key = {"person_id": person_id, "sector": client.sector}
    found = tx.run(FIND, key).scalar()
    if found is None:
        tx.run(REMEMBER, {**key, "subject": random_values.token()})
        found = tx.run(FIND, key).one()[0]
    return str(found)


def pairwise_of(tx: Transaction, person_id: str) -> dict[str, str]:
    """Return the person's own names by sector, as far as they were made. Reads only."""
    rows = sa.select(PairwiseSubject.sector, PairwiseSubject.subject).where(PairwiseSubject.person_id == person_id)
    return {row.sector: row.subject for row in tx.execute(rows)}


def move(tx: Transaction, from_id: str, to_id: str) -> None:
    """Let another account of the same person go by these names in the sectors that have none for it.

    The other names stay with the former account: nobody else ever gets them.
    """
    taken = sa.select(PairwiseSubject.sector).where(PairwiseSubject.person_id == to_id)
    sectors = tx.session.scalars(taken).all()
    free = sa.update(PairwiseSubject).where(
        PairwiseSubject.person_id == from_id, PairwiseSubject.sector.not_in(sectors)
    )
    tx.session.execute(free.values(person_id=to_id))
