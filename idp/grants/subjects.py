"""The name by which a client knows a person: the person's id, or a name of its own per sector (OIDC Core §8).

Pairwise names are random and stored: they outlive every key rotation, and nobody can compute one from another.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.clients.client import Client
from idp.database import Base, Transaction
from idp.statements import insert_if_absent


class PairwiseSubject(Base):
    __tablename__ = "pairwise_subjects"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    sector: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(unique=True)


FIND = sa.select(PairwiseSubject.subject).where(
    PairwiseSubject.person_id == sa.bindparam("person_id"), PairwiseSubject.sector == sa.bindparam("sector")
)
REMEMBER = insert_if_absent(PairwiseSubject)


def subject_of(tx: Transaction, person_id: str, client: Client) -> str:
    """Return the `sub` of this person at this client.

    A pairwise one is made at the first call, in a writing transaction.
    """
    if client.subject_type != "pairwise":
        return person_id
    key = {"person_id": person_id, "sector": client.sector}
    found = tx.execute(FIND, key).scalar()
    if found is None:
        tx.execute(REMEMBER, {**key, "subject": random_values.token()})
        found = tx.execute(FIND, key).scalar_one()
    return str(found)
