"""The last active administrator of an organisation stays (B-44), enforced in ONE statement per change.

Each statement locks the active administrators of the organisation in the order of their ids, counts the others, and
only then writes. Two administrators who demote each other at once meet at the same first lock: the second sees what
the first did. On SQLite, writers stand in line anyway.
"""

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from idp.organisations.membership import ACTIVE, DEACTIVATED, INVITED, Membership
from idp.people.person import ACTIVE as PERSON_ACTIVE
from idp.people.person import Person

Target = aliased(Membership)
OF_TARGET = sa.select(Target.organisation_id).where(Target.id == sa.bindparam("membership")).scalar_subquery()
ADMINISTRATORS = (
    sa.select(Membership.id)
    .join(Person, Person.id == Membership.person_id)
    .where(
        Membership.organisation_id == OF_TARGET,
        Membership.state == ACTIVE,
        Membership.is_administrator,
        Person.state == PERSON_ACTIVE,
    )
    .order_by(Membership.id)
    .with_for_update(of=Membership)
    .cte("administrators")
)
OTHERS = (
    sa.select(sa.func.count())
    .select_from(ADMINISTRATORS)
    .where(ADMINISTRATORS.c.id != sa.bindparam("membership"))
    .scalar_subquery()
)
LEAVES_ONE = sa.or_(Membership.state != ACTIVE, sa.not_(Membership.is_administrator), OTHERS > 0)

SET_RIGHTS = (
    sa.update(Membership)
    .where(
        Membership.id == sa.bindparam("membership"),
        Membership.state.in_([INVITED, ACTIVE]),
        sa.or_(sa.bindparam("administrator", type_=sa.Boolean), LEAVES_ONE),
    )
    .values(
        is_administrator=sa.bindparam("administrator", type_=sa.Boolean),
        topics=sa.bindparam("new_topics", type_=sa.JSON),
        updated_at=sa.bindparam("now"),
    )
    .returning(Membership.id)
)
DEACTIVATE = (
    sa.update(Membership)
    .where(Membership.id == sa.bindparam("membership"), Membership.state == ACTIVE, LEAVES_ONE)
    .values(state=DEACTIVATED, updated_at=sa.bindparam("now"))
    .returning(Membership.id)
)
