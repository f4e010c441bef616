"""Erasing a person: all packages delete their data, access ends, and a tombstone reserves the `sub`.

The audit trail stays for as long as the law asks; it names the person by id only. So do accepted terms, the fund's own
register, and an undelivered logout call. Portals hear that sessions ended, not why; the person is told, at the address
that is forgotten then.
"""

from dataclasses import dataclass

from idp import runs
from idp.actions import invitations
from idp.actions.actor import Actor, acting, note
from idp.codes import service as codes
from idp.credentials import authenticator_apps, passkey_offers, passkeys, passwords, recoveries, recovery_codes
from idp.database import Transaction
from idp.grants import consents
from idp.messages import outbox
from idp.notices import farewell
from idp.organisations import membership, memberships
from idp.people import (
    accounts,
    closures,
    email_changes,
    email_replacements,
    emails,
    insured,
    person,
    phone_replacements,
    phones,
    portal_identifiers,
)
from idp.runs import Traces
from idp.sessions import ending, known_browsers


@dataclass(frozen=True)
class OnlyAdministrator:
    """Refused: these organisations (their ids) would be left without an active administrator (B-44, B-45)."""

    organisations: tuple[str, ...]


def erase(tx: Transaction, person_id: str, *, by: Actor, reason: str) -> bool | OnlyAdministrator:
    """Erase the person everywhere, and tell them by mail. False: unknown, or erased already."""
    membership.lock_companies(tx, person_id)  # of two administrators who are erased at once, the second one stays
    person.hold(tx, person_id)
    alone = memberships.administered_alone(tx, person_id)
    if alone:
        return OnlyAdministrator(tuple(alone))
    with acting(tx, by, reason=reason):
        return _erase(tx, person_id, by, reason)


def _erase(tx: Transaction, person_id: str, by: Actor, reason: str) -> bool:
    traces, tell_erased = traces_of(tx, person_id), farewell.before_erasure(tx, person_id)
    reference = dissolve(tx, traces, reason=reason)
    if not reference:
        return False
    note(tx, by, "erase", person_id=person_id, reason=reason)
    invitations.withdraw_from(tx, traces.email, reason="erased")
    tell_erased(reference)
    return True


def dissolve(tx: Transaction, traces: Traces, *, reason: str) -> str:
    """Delete everything of the person but the tombstone, and end all access; nobody is told.

    Returns the reference of the event; empty: unknown, or erased already.
    """
    person_id = traces.person_id
    reference = accounts.erase(tx, person_id, reason=reason)
    if not reference:
        return ""
    ending.end_all(tx, person_id, reason="erased")
    ending.forget(tx, person_id)
    known_browsers.forget(tx, person_id)
    passwords.delete(tx, person_id)
    passkeys.forget(tx, person_id)
    passkey_offers.forget(tx, person_id)
    phone_replacements.forget(tx, person_id)
    recoveries.forget(tx, person_id)
    email_changes.forget(tx, person_id)
    email_replacements.forget(tx, person_id)
    closures.forget(tx, person_id)
    authenticator_apps.forget(tx, person_id)
    recovery_codes.forget(tx, person_id)
    codes.forget(tx, person_id)
    outbox.forget(tx, person_id)
    insured.detach(tx, person_id)
    for consent in consents.of_person(tx, person_id):
        consents.withdraw(tx, person_id, consent.client_id)
    memberships.forget(tx, person_id)
    runs.forget(tx, traces)
    return reference


def traces_of(tx: Transaction, person_id: str) -> Traces:
    """Return the traces of the person that unfinished journeys may hold."""
    address, phone = emails.of_person(tx, person_id), phones.of_person(tx, person_id)
    return Traces(
        person_id,
        email=address.key if address is not None else "",
        phone=phone.number if phone is not None else "",
        identifiers=portal_identifiers.keys_of_person(tx, person_id),
    )
