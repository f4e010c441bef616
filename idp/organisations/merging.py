"""Let a person act for the companies of another account of theirs, which ends."""

import sqlalchemy as sa

from idp.audit.events.organisations import MemberDeactivated
from idp.audit.log import record
from idp.database import Transaction
from idp.organisations import memberships, organisation, scim_users
from idp.organisations.membership import ACTIVE, Membership
from idp.organisations.memberships import Rights


def move(tx: Transaction, from_id: str, to_id: str, *, reason: str) -> None:
    """Move every membership, with the rights of both accounts where both have one.

    A deactivated membership moves as it is, unless the person has one there. The journals name both accounts.
    """
    for theirs in memberships.of_person(tx, from_id):
        organisation_id, membership_id = theirs.organisation_id, theirs.id
        organisation.lock(tx, organisation_id)
        rights = Rights(is_administrator=theirs.is_administrator, topics=tuple(theirs.topics))
        if theirs.state != ACTIVE and not _is_listed(tx, organisation_id, to_id):
            theirs.person_id, theirs.updated_at = to_id, tx.now
            continue
        tx.session.delete(theirs)
        tx.flush()
        if theirs.state == ACTIVE:
            event = MemberDeactivated(
                person_id=from_id, organisation_id=organisation_id, membership_id=membership_id, reason=reason
            )
            record(tx, event)
            joined = memberships.join(tx, organisation_id, to_id, rights)
            scim_users.follow(tx, membership_id, joined.id)
        else:
            scim_users.part(tx, membership_id, ())


def _is_listed(tx: Transaction, organisation_id: str, person_id: str) -> bool:
    found = sa.select(Membership.id).filter_by(organisation_id=organisation_id, person_id=person_id)
    return tx.session.scalar(found) is not None
