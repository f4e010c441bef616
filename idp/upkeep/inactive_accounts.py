"""Accounts that nobody uses: a reminder after two years, disabled after three (`[retention]`).

Nobody is disabled without a reminder that is a month old. A sign-in starts the time again; who is enabled again by the
desk is reminded again first. A company keeps its last administrator, here or not (B-44): `idp companies replace-admin`.
"""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from idp.actions.actor import SYSTEM
from idp.actions.disabling import disable
from idp.audit.events.people import InactivityReminded
from idp.audit.log import record
from idp.notices import account
from idp.notices.notice import without_page
from idp.organisations import memberships
from idp.people.person import ACTIVE, Person
from idp.provider import Provider
from idp.upkeep.runner import WORKER, act_on_some

FROM_REMINDER = timedelta(days=30)
REASON = "inactive"

LAST_USED = sa.func.coalesce(Person.last_sign_in_at, Person.created_at)
IS_REMINDED = sa.and_(Person.reminded_at.is_not(None), Person.reminded_at > LAST_USED)
UNUSED = (Person.state == ACTIVE, sa.type_coerce(LAST_USED, Person.created_at.type) <= sa.bindparam("unused_since"))
TO_REMIND = (*UNUSED, sa.not_(sa.func.coalesce(IS_REMINDED, sa.false())))
TO_DISABLE = (*UNUSED, IS_REMINDED, Person.reminded_at <= sa.bindparam("reminded_before"))

REMIND = sa.select(Person.id).where(*TO_REMIND)
DISABLE = sa.select(Person.id).where(*TO_DISABLE)
STILL_TO_REMIND = sa.select(Person).where(Person.id == sa.bindparam("person"), *TO_REMIND).with_for_update()
STILL_TO_DISABLE = sa.select(Person.id).where(Person.id == sa.bindparam("person"), *TO_DISABLE).with_for_update()


def tend(provider: Provider) -> int:
    """Remind and disable who is due, some at a time; how many."""
    return _remind(provider) + _disable(provider)


def _remind(provider: Provider) -> int:
    due = {"unused_since": provider.clock.now() - timedelta(seconds=provider.settings.retention.inactive_reminder)}
    return act_on_some(provider, _remind_one, REMIND, due)


def _remind_one(provider: Provider, due: Mapping[str, object]) -> int:
    with provider.database.transaction(WORKER) as tx:
        person = tx.session.scalars(STILL_TO_REMIND, due).one_or_none()
        if person is None or memberships.administered_alone(tx, person.id):
            return 0
        last_used = person.last_sign_in_at or person.created_at
        person.reminded_at = tx.now
        kept = timedelta(seconds=provider.settings.retention.inactive)
        ends = max(last_used + kept, tx.now + FROM_REMINDER)
        reference = record(tx, InactivityReminded(person_id=person.id))
        occasion = without_page(tx, person.id, provider.settings.server.issuer)
        account.inactive(tx, person.id, occasion, reference=reference, last_used=last_used, ends=ends)
    return 1


def _disable(provider: Provider) -> int:
    settings, now = provider.settings.retention, provider.clock.now()
    due = {"unused_since": now - timedelta(seconds=settings.inactive), "reminded_before": now - FROM_REMINDER}
    return act_on_some(provider, _disable_one, DISABLE, due)


def _disable_one(provider: Provider, due: Mapping[str, object]) -> int:
    with provider.database.transaction(WORKER) as tx:
        person_id = tx.execute(STILL_TO_DISABLE, due).scalar()
        if person_id is None or memberships.administered_alone(tx, person_id):
            return 0
        return int(disable(tx, person_id, by=SYSTEM, reason=REASON) is not None)
