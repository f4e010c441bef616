"""Changes between members of an organisation (B-44), each decided by ONE statement.

The last active administrator stays. The author of a change (`by`, a person id; empty: the fund) must be an active
administrator at that moment, even while the fund is replacing the administrators (B-45).

Each statement locks the active administrators of the organisation in the order of their ids, counts the others, and
only then writes. Two administrators who demote each other at once meet at the same first lock: the second sees what
the first did. On SQLite, writers stand in line anyway.
"""

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from idp.organisations.membership import ACTIVE, DEACTIVATED, Membership
from idp.people.person import ACTIVE as PERSON_ACTIVE
from idp.people.person import Person

Target = aliased(Membership)
OF_TARGET = sa.select(Target.organisation_id).where(Target.id == sa.bindparam("membership")).scalar_subquery()
ADMINISTRATORS = (
    sa.select(Membership.id, Membership.person_id)
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
BY = sa.bindparam("by", type_=sa.Text)
MAY_CHANGE = sa.or_(BY == "", sa.exists().where(ADMINISTRATORS.c.person_id == BY))
LEAVES_ONE = sa.or_(Membership.state != ACTIVE, sa.not_(Membership.is_administrator), OTHERS > 0)

SET_RIGHTS = (
    sa.update(Membership)
    .where(
        Membership.id == sa.bindparam("membership"),
        MAY_CHANGE,
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
    .where(Membership.id == sa.bindparam("membership"), Membership.state == ACTIVE, MAY_CHANGE, LEAVES_ONE)
    .values(state=DEACTIVATED, updated_at=sa.bindparam("now"))
    .returning(Membership.id)
)
REACTIVATE = (
    sa.update(Membership)
    .where(Membership.id == sa.bindparam("membership"), Membership.state == DEACTIVATED, MAY_CHANGE)
    .values(state=ACTIVE, updated_at=sa.bindparam("now"))
    .returning(Membership.id)
)
