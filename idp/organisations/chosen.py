"""The organisation a person chose at a portal: remembered, changeable, one of their own (ruling: one per sign-in)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction


class ChosenOrganisation(Base):
    __tablename__ = "chosen_organisations"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    portal: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(sa.ForeignKey("organisations.id"))
    chosen_at: Mapped[datetime]


def choose(tx: Transaction, person_id: str, portal: str, organisation_id: str) -> bool:
    """Remember the choice. False: the person is not an active member there."""
    raise NotImplementedError


def chosen(tx: Transaction, person_id: str, portal: str) -> str:
    """The id of the chosen organisation as long as the person is an active member there, else empty."""
    raise NotImplementedError
