"""The organisation a person chose at a portal: remembered, changeable, one of their own (ruling: one per sign-in)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction
from idp.organisations.membership import ACTIVE, Membership
from idp.organisations.organisation import ACTIVE as ORGANISATION_ACTIVE
from idp.organisations.organisation import Organisation
from idp.statements import upsert


class ChosenOrganisation(Base):
    __tablename__ = "chosen_organisations"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    portal: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(sa.ForeignKey("organisations.id"))
    chosen_at: Mapped[datetime]


CHOOSE = upsert(ChosenOrganisation, ["person_id", "portal"], ["organisation_id", "chosen_at"])
IS_ACTIVE = (
    sa.select(Membership.id)
    .join(Organisation, Organisation.id == Membership.organisation_id)
    .where(
        Membership.person_id == sa.bindparam("person"),
        Membership.organisation_id == sa.bindparam("organisation"),
        Membership.state == ACTIVE,
        Organisation.state == ORGANISATION_ACTIVE,
    )
)
CHOSEN = sa.select(ChosenOrganisation.organisation_id).where(
    ChosenOrganisation.person_id == sa.bindparam("person"), ChosenOrganisation.portal == sa.bindparam("at")
)
FORGET = sa.delete(ChosenOrganisation).where(ChosenOrganisation.person_id == sa.bindparam("person"))


def choose(tx: Transaction, person_id: str, portal: str, organisation_id: str) -> bool:
    """Remember the choice. False: the person does not act for this organisation."""
    if not _acts_for(tx, person_id, organisation_id):
        return False
    row = {"person_id": person_id, "portal": portal, "organisation_id": organisation_id, "chosen_at": tx.now}
    tx.execute(CHOOSE, row)
    return True


def chosen(tx: Transaction, person_id: str, portal: str) -> str:
    """Return the id of the chosen organisation as long as the person acts for it, otherwise empty."""
    organisation_id = tx.execute(CHOSEN, {"person": person_id, "at": portal}).scalar() or ""
    return organisation_id if organisation_id and _acts_for(tx, person_id, organisation_id) else ""


def forget(tx: Transaction, person_id: str) -> None:
    """Forget every choice of an erased person."""
    tx.execute(FORGET, {"person": person_id})


def _acts_for(tx: Transaction, person_id: str, organisation_id: str) -> bool:
    return tx.execute(IS_ACTIVE, {"person": person_id, "organisation": organisation_id}).first() is not None
