"""An organisation as its fund knows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.organisations import OrganisationChanged, OrganisationRegistered
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.statements import in_byte_order, insert_if_absent

ACTIVE = "active"
CLOSED = "closed"
BEHIND_ALL = "\U0010ffff"
"""The last character there is: no text that begins with `x` sorts behind `x` and this."""


class Organisation(Base):
    """One affiliated member of a fund. `number` is the fund's own; `address` has lines, postal_code, locality, country.

    `topics` are those open to the company; empty means all of the portal.
    """

    __tablename__ = "organisations"
    __table_args__ = (sa.UniqueConstraint("fund", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    fund: Mapped[str]
    number: Mapped[str]
    name: Mapped[str]
    address: Mapped[dict[str, object]] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(default="")
    topics: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(default=ACTIVE)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


SORTED_NAME = in_byte_order(sa.func.lower(Organisation.name))
"""The text by which companies are found and sorted: their name without capitals."""
sa.Index("ix_organisations_name", SORTED_NAME, Organisation.fund)

INSERT = insert_if_absent(Organisation, ["fund", "number"]).returning(Organisation.id)
HOLD = (
    sa.select(Organisation.id)
    .where(Organisation.id == sa.bindparam("organisation"))
    .with_for_update(key_share=True)  # does not hold up who only refers to the row
)


def register(
    tx: Transaction,
    *,
    fund: str,
    number: str,
    name: str,
    address: Mapping[str, object] | None = None,
    language: str = "",
    topics: tuple[str, ...] = (),
    reason: str = "",
) -> Organisation:
    """Return the organisation with this fund and number: created, or brought up to date with what the fund says now."""
    values = {
        "name": name,
        "address": dict(address or {}),
        "language": language,
        "topics": list(topics),
        "state": ACTIVE,
    }
    fresh = {
        "id": random_values.new_id(tx.now),
        "fund": fund,
        "number": number,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    created = tx.execute(INSERT, values | fresh).first() is not None
    organisation = tx.session.scalars(sa.select(Organisation).filter_by(fund=fund, number=number)).one()
    if created:
        record(tx, OrganisationRegistered(organisation_id=organisation.id, fund=fund, reason=reason))
        return organisation
    changed = tuple(sorted(column for column, value in values.items() if getattr(organisation, column) != value))
    for column in changed:
        setattr(organisation, column, values[column])
    if changed:
        organisation.updated_at = tx.now
        record(tx, OrganisationChanged(organisation_id=organisation.id, changed=changed))
    return organisation


def close(tx: Transaction, organisation_id: str) -> bool:
    """Close a company, so that nobody acts for it any more. Return False if it was not active."""
    organisation = tx.session.get(Organisation, organisation_id, with_for_update=True)
    if organisation is None or organisation.state != ACTIVE:
        return False
    organisation.state = CLOSED
    organisation.updated_at = tx.now
    record(tx, OrganisationChanged(organisation_id=organisation_id, changed=("state",)))
    return True


def lock(tx: Transaction, organisation_id: str) -> None:
    """Keep the organisation's administrators fixed until this transaction ends.

    Nobody else becomes one, or stops being one by the fund's act. A later caller sees the decision made here.
    """
    tx.execute(HOLD, {"organisation": organisation_id})


def by_id(tx: Transaction, organisation_id: str) -> Organisation | None:
    return tx.session.get(Organisation, organisation_id)


def by_number(tx: Transaction, fund: str, number: str) -> Organisation | None:
    return tx.session.scalars(sa.select(Organisation).filter_by(fund=fund, number=number)).one_or_none()


def name_begins(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a name begins with this text, whatever the capitals, as the index reads it.

    A range serves also in a plan that is made once for all texts, unlike a pattern.
    """
    low = text.lower()
    return sa.and_(low <= SORTED_NAME, low + BEHIND_ALL > SORTED_NAME)


def of_fund(tx: Transaction, fund: str, *, after: str = "", limit: int) -> Sequence[Organisation]:
    """Return the fund's companies with a number behind `after`, in the order of their numbers."""
    theirs = sa.select(Organisation).where(Organisation.fund == fund, Organisation.number > after)
    return tx.session.scalars(theirs.order_by(Organisation.number).limit(limit)).all()
