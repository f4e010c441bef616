"""Identifiers that may be used once: the `jti` of client assertions and DPoP proofs.

One INSERT decides; a conflict is a replay. Rows are kept as long as the token could still be accepted.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.hot_statements import HotStatement
from idp.statements import insert_if_absent


class SpentIdentifier(Base):
    """`digest` covers what the identifier belongs to, so that two clients may use the same one."""

    __tablename__ = "spent_identifiers"
    __table_args__ = (sa.Index("ix_spent_identifiers_expires_at", "expires_at"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


SPEND = HotStatement(insert_if_absent(SpentIdentifier).returning(SpentIdentifier.digest))
GIVE_BACK = HotStatement(sa.delete(SpentIdentifier).where(SpentIdentifier.digest == sa.bindparam("used")))


def spend(tx: Transaction, owner: str, identifier: str, *, until: datetime) -> bool:
    """Note the use of an identifier; return whether it is the first by this owner. Nobody accepts it after `until`."""
    return tx.run(SPEND, {"digest": _digest(owner, identifier), "expires_at": until}).first() is not None


def give_back(tx: Transaction, owner: str, identifier: str) -> None:
    """Forget a use: what it came with was refused."""
    tx.run(GIVE_BACK, {"used": _digest(owner, identifier)})


def _digest(owner: str, identifier: str) -> str:
    return random_values.fingerprint(f"{len(owner)}:{owner}{identifier}")
