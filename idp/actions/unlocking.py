"""Forget failed tries, so that a person may try again immediately."""

from idp.actions.actor import Actor, acting, note
from idp.credentials import passwords
from idp.database import Transaction
from idp.limits import rate_limit
from idp.notices import desk
from idp.people import emails, person, portal_identifiers

PASSWORD, SECOND_STEP = "password", "second_step"


def unlock(tx: Transaction, person_id: str, *, by: Actor, reason: str) -> None:
    """Forget the failed tries that count against the person, under every identifier they sign in with.

    This includes the failures in a row: after a hundred of them only known browsers continue.
    """
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        reference = note(tx, by, desk.UNLOCKED, person_id=person_id, reason=reason)
        if reference:
            desk.acted(tx, person_id, desk.UNLOCKED, reference=reference)
        forget_tries(tx, person_id)
        rate_limit.reset(tx, SECOND_STEP, person_id)
        passwords.forget_failures(tx, person_id)


def forget_tries(tx: Transaction, person_id: str) -> None:
    """Forget the tries of a password: by the address, and by each number that a portal knows the person by."""
    address = emails.of_person(tx, person_id)
    for key in {address.key if address is not None else person_id, *portal_identifiers.keys_of_person(tx, person_id)}:
        rate_limit.reset(tx, PASSWORD, key)
