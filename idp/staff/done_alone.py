"""The acts on many people that one member of staff did lately without a second one: many small acts are a large one."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction

LATELY = timedelta(hours=24)


class ActDoneAlone(Base):
    """An act that one member of staff did, at a fund, on so many people."""

    __tablename__ = "acts_done_alone"
    __table_args__ = (sa.Index(None, "staff_id", "done_at"), sa.Index(None, "done_at"))

    id: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    fund: Mapped[str]
    people: Mapped[int]
    done_at: Mapped[datetime]


PEOPLE = sa.select(sa.func.coalesce(sa.func.sum(ActDoneAlone.people), 0)).where(
    ActDoneAlone.staff_id == sa.bindparam("author"),
    ActDoneAlone.fund == sa.bindparam("of_fund"),
    ActDoneAlone.done_at > sa.bindparam("since"),
)


def people(tx: Transaction, fund: str, staff_id: str) -> int:
    """Return how many people this member of staff's acts at a fund concerned lately."""
    return int(tx.execute(PEOPLE, {"author": staff_id, "of_fund": fund, "since": tx.now - LATELY}).scalar_one())


def note(tx: Transaction, fund: str, staff_id: str, count: int) -> None:
    """Count an act on so many people from now on."""
    row = ActDoneAlone(id=random_values.new_id(tx.now), staff_id=staff_id, fund=fund, people=count, done_at=tx.now)
    tx.session.add(row)
