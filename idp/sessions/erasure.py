"""Erasing a person: what every package keeps of them goes, access ends, and the tombstone keeps the `sub` taken.

The audit trail stays for as long as the law asks; it names the person by id only.
"""

from idp.credentials import passwords, recoveries
from idp.database import Transaction
from idp.grants import consents
from idp.organisations import memberships
from idp.people import accounts
from idp.sessions import ending, known_browsers


def erase(tx: Transaction, person_id: str, *, reason: str) -> bool:
    """Erase the person everywhere. False: unknown, or erased already.

    An organisation may lose its last administrator by it: the caller asks `memberships.administered_alone` first.
    """
    if not accounts.erase(tx, person_id, reason=reason):
        return False
    ending.end_all(tx, person_id, reason="erased")
    ending.forget(tx, person_id)
    known_browsers.forget(tx, person_id)
    passwords.delete(tx, person_id)
    recoveries.forget(tx, person_id)
    for consent in consents.of_person(tx, person_id):
        consents.withdraw(tx, person_id, consent.client_id)
    memberships.forget(tx, person_id)
    return True
