"""Take back what a person allowed a portal to know."""

from idp.actions.actor import Actor, acting, note
from idp.database import Transaction
from idp.grants import consents
from idp.grants.end_access import PortalAccess, end_access
from idp.notices import desk
from idp.people import person


def withdraw_consent(tx: Transaction, person_id: str, client_id: str, *, by: Actor, reason: str = "") -> bool:
    """Withdraw the consent, and end what the portal holds for the person. False: the portal was allowed nothing."""
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        if not consents.withdraw(tx, person_id, client_id):
            return False
        reference = note(tx, by, desk.CONSENT_WITHDRAWN, person_id=person_id, reason=reason)
        if reference:
            desk.acted(tx, person_id, desk.CONSENT_WITHDRAWN, reference=reference)
        end_access(tx, person_id=person_id, scope=PortalAccess(client_id), reason="consent-withdrawn")
        return True
