"""Accounts whose owners asked to delete them: a reminder before the end of the grace, then the erasure (`[retention]`).

Nothing is erased without a reminder that is a day old, however long no worker was running.
"""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from idp.actions.closing import close
from idp.database import Transaction
from idp.notices import closing as notices
from idp.notices.notice import Occasion, without_page
from idp.organisations import membership
from idp.people import closures, person
from idp.people.closures import Closure
from idp.provider import Provider
from idp.upkeep.runner import WORKER, act_on_some

FROM_REMINDER = timedelta(days=1)
OPEN = Closure.ended_at.is_(None)
TO_REMIND = (OPEN, Closure.reminded_at.is_(None), Closure.due_at <= sa.bindparam("soon"))
TO_CLOSE = (OPEN, Closure.reminded_at.is_not(None), Closure.due_at <= sa.bindparam("now"))
REMIND = sa.select(Closure.person_id).where(*TO_REMIND).order_by(Closure.due_at)
CLOSE = sa.select(Closure.person_id).where(*TO_CLOSE).order_by(Closure.due_at)
STILL_TO_REMIND = sa.select(Closure).where(Closure.person_id == sa.bindparam("person"), *TO_REMIND).with_for_update()
STILL_TO_CLOSE = sa.select(Closure).where(Closure.person_id == sa.bindparam("person"), *TO_CLOSE).with_for_update()


def tend(provider: Provider) -> int:
    """Remind and erase who is due, some at a time; how many."""
    return _remind(provider) + _close(provider)


def _remind(provider: Provider) -> int:
    soon = provider.clock.now() + timedelta(seconds=provider.settings.retention.closure_reminder)
    return act_on_some(provider, _remind_one, REMIND, {"soon": soon})


def _remind_one(provider: Provider, due: Mapping[str, object]) -> int:
    with provider.database.transaction(WORKER) as tx:
        closure = tx.session.scalars(STILL_TO_REMIND, due).one_or_none()
        if closure is None:
            return 0
        begun = closures.remind(tx, closure, due_at=tx.now + FROM_REMINDER)
        notices.reminded(tx, closure.person_id, _occasion(provider, tx, closure), begun)
    return 1


def _close(provider: Provider) -> int:
    return act_on_some(provider, _close_one, CLOSE, {"now": provider.clock.now()})


def _close_one(provider: Provider, due: Mapping[str, object]) -> int:
    with provider.database.transaction(WORKER) as tx:
        person_id = str(due["person"])
        membership.lock_companies(tx, person_id)
        person.hold(tx, person_id)
        closure = tx.session.scalars(STILL_TO_CLOSE, due).one_or_none()
        if closure is None:
            return 0
        registry, at = provider.registry.current(), _occasion(provider, tx, closure)
        return int(close(tx, registry, closure.person_id, at))


def _occasion(provider: Provider, tx: Transaction, closure: Closure) -> Occasion:
    """In the brand of the portal where the person asked, as long as there is that portal."""
    issuer = provider.settings.server.issuer
    if provider.registry.current().client(closure.client_id) is None:
        return without_page(tx, closure.person_id, issuer)
    return Occasion(client_id=closure.client_id, issuer=issuer)
