"""Stop the migration of a former account that was not its owner's."""

from idp.database import Transaction
from idp.grants.end_access import PortalAccess, end_access
from idp.notices import migration
from idp.notices.notice import Occasion
from idp.people import enrolments, legacy, portal_identifiers
from idp.people.legacy import LegacyAccount
from idp.sessions import ending

REASON = "migration-contested"


def contest_migration(tx: Transaction, account: LegacyAccount, at: Occasion) -> None:
    """Stop an open migration, or take the identifier and the access to the portal back from the person who finished it.

    The reader of the known mailbox decides it, who is nobody's account: the audit trail names no author. It is
    told.
    """
    owner = legacy.contest(tx, account.id)
    if owner is not None:
        migration.stopped(tx, account, at)
    if not owner:
        return
    portal = account.portal
    if not portal_identifiers.of_person(tx, owner, portal, portal_identifiers.LEGACY):
        enrolments.end(tx, owner, portal, reason=REASON)
    ending.end_all(tx, owner, reason=REASON)
    end_access(tx, person_id=owner, scope=PortalAccess(portal), reason=REASON)
