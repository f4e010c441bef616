"""The list of a company's people as the desk and programs look at it: a page at a time, counted, asked for an address.

A large company has thousands; each question is one statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from idp.database import Transaction
from idp.organisations.membership import ACTIVE, INVITED, IS_INVITED, Membership
from idp.organisations.memberships import MEMBERS, Member, member_of_row
from idp.people.email_address import email_key
from idp.people.emails import EmailAddress
from idp.people.person import Person
from idp.statements import in_byte_order

FAMILY = sa.func.coalesce(Person.family_name, Membership.invited_as_family_name)
GIVEN = sa.func.coalesce(Person.given_name, Membership.invited_as_given_name)
SORTED = MEMBERS.order_by(in_byte_order(sa.func.lower(FAMILY)), in_byte_order(sa.func.lower(GIVEN)), Membership.id)
PAGE = SORTED.limit(sa.bindparam("count")).offset(sa.bindparam("first"))
AFTER = MEMBERS.where(Membership.id > sa.bindparam("after")).order_by(Membership.id).limit(sa.bindparam("count"))
INVITED_ADMINISTRATORS = SORTED.where(Membership.state == INVITED, Membership.is_administrator)
COUNTS = sa.select(
    sa.func.count().label("members"),
    sa.func.coalesce(sa.func.sum(sa.case((Membership.state == ACTIVE, 1), else_=0)), 0).label("active"),
    sa.func.coalesce(
        sa.func.sum(sa.case((sa.and_(Membership.state == ACTIVE, Membership.is_administrator), 1), else_=0)), 0
    ).label("administrators"),
).where(Membership.organisation_id == sa.bindparam("organisation"))
WITH_ADDRESS = sa.union_all(
    sa.select(Membership.id).where(
        Membership.organisation_id == sa.bindparam("organisation"),
        Membership.invited_as_key == sa.bindparam("key"),
        IS_INVITED,
    ),
    sa.select(Membership.id)
    .join(EmailAddress, EmailAddress.person_id == Membership.person_id)
    .where(
        Membership.organisation_id == sa.bindparam("organisation"),
        EmailAddress.key == sa.bindparam("key"),
        EmailAddress.key != "",
    ),
).limit(1)


@dataclass(frozen=True)
class MemberCounts:
    """The numbers of a company's people: all, those who may act, and those of them who are administrators."""

    members: int
    active: int
    administrators: int


def page(tx: Transaction, organisation_id: str, *, first: int, count: int) -> Sequence[Member]:
    """Return so many members from the `first` on, whatever their state, by family name."""
    asked = {"organisation": organisation_id, "first": first, "count": count}
    return [member_of_row(*row) for row in tx.session.execute(PAGE, asked)]


def after(tx: Transaction, organisation_id: str, membership_id: str, *, count: int) -> Sequence[Member]:
    """Return so many members whatever their state, the oldest first, after the one with this id.

    Whoever reads page after page sees everybody who is there all the time once, however names change meanwhile.
    """
    asked = {"organisation": organisation_id, "after": membership_id, "count": count}
    return [member_of_row(*row) for row in tx.session.execute(AFTER, asked)]


def counts(tx: Transaction, organisation_id: str) -> MemberCounts:
    """Count a company's people."""
    found = tx.execute(COUNTS, {"organisation": organisation_id}).one()
    return MemberCounts(found.members, int(found.active), int(found.administrators))


def invited_administrators(tx: Transaction, organisation_id: str) -> Sequence[Member]:
    """Return those who are invited with the administrator's right, by family name."""
    return [
        member_of_row(*row) for row in tx.session.execute(INVITED_ADMINISTRATORS, {"organisation": organisation_id})
    ]


def is_listed(tx: Transaction, organisation_id: str, email: str) -> bool:
    """Return whether the list has a line with this address, invited and deactivated ones too."""
    asked = {"organisation": organisation_id, "key": email_key(email)}
    return tx.execute(WITH_ADDRESS, asked).first() is not None
