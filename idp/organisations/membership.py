"""A membership: one person's rights in one organisation."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction
from idp.organisations import organisation

INVITED = "invited"
ACTIVE = "active"
DEACTIVATED = "deactivated"

IS_INVITED = sa.text("invited_as_key <> ''")


class Membership(Base):
    """While `invited` there is no person yet, also when the address has an owner (B-47): the row then shows what the
    administrator typed (`invited_as_*`), which is emptied at acceptance. `invited_as_phone` is a number (E.164) that
    the administrator had proved (B-49). `invited_as_key` is what addresses are compared by: one open invitation for an
    address in a company. Deactivation keeps the row (B-42, P46)."""

    __tablename__ = "memberships"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "person_id"),
        sa.Index(None, "person_id"),
        sa.Index(
            "uq_memberships_invited",
            "organisation_id",
            "invited_as_key",
            unique=True,
            sqlite_where=IS_INVITED,
            postgresql_where=IS_INVITED,
        ),
        sa.Index(
            "ix_memberships_invited_as_key",
            "invited_as_key",
            sqlite_where=IS_INVITED,
            postgresql_where=IS_INVITED,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(sa.ForeignKey("organisations.id"))
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("people.id"), default=None)
    state: Mapped[str]
    is_administrator: Mapped[bool] = mapped_column(default=False)
    topics: Mapped[list[str]] = mapped_column(default=list)
    invited_as_email: Mapped[str] = mapped_column(default="")
    invited_as_key: Mapped[str] = mapped_column(default="", server_default="")
    invited_as_given_name: Mapped[str] = mapped_column(default="")
    invited_as_family_name: Mapped[str] = mapped_column(default="")
    invited_as_phone: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


OF_PERSON = sa.select(Membership.organisation_id).where(Membership.person_id == sa.bindparam("person"))


def lock_companies(tx: Transaction, person_id: str) -> None:
    """Lock the organisations of the person (`organisation.lock`), in one order, before the person is held."""
    for organisation_id in sorted(tx.execute(OF_PERSON, {"person": person_id}).scalars()):
        organisation.lock(tx, organisation_id)
