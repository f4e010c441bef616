"""Shared by the pages that ask a device for a passkey of staff: the options, and the check of a new passkey."""

from flask import request

from idp import random_values
from idp.credentials import ceremonies, challenges
from idp.credentials.ceremonies import UserEntity
from idp.credentials.challenges import Challenge
from idp.credentials.stored_passkey import NewPasskey
from idp.database import Transaction
from idp.provider import Provider
from idp.staff import passkeys, place
from idp.staff.accounts import StaffAccount
from idp.web.branding import Theme

FIELD = "credential"


def bound_to(browser: str, page: str) -> str:
    """Return what a challenge of this page belongs to, by the value of the browser's cookie."""
    return f"desk {page} {random_values.fingerprint(browser)}"


def request_options(provider: Provider, tx: Transaction, theme: Theme, page: str) -> str:
    """Return the options with which a device proves one of its passkeys."""
    challenge = challenges.issue(provider.sealer, tx.now, bound_to(theme.browser, page))
    return ceremonies.request_options(place.relying_party(provider.settings), challenge=challenge)


def creation_options(provider: Provider, tx: Transaction, theme: Theme, page: str, account: StaffAccount) -> str:
    """Return the options with which a device makes a passkey for this account."""
    challenge = challenges.issue(provider.sealer, tx.now, bound_to(theme.browser, page), carried=account.id)
    return ceremonies.creation_options(
        place.relying_party(provider.settings),
        UserEntity(account.handle, account.email, account.name),
        title=theme.name,
        challenge=challenge,
        known=passkeys.of_staff(tx, account.id),
    )


def created(provider: Provider, browser: str, page: str, staff_id: str) -> tuple[NewPasskey, Challenge] | None:
    """Return the passkey that a device made on this page for this account, verified, and the challenge to spend."""
    answer = request.form.get(FIELD, "")
    now, value = provider.clock.now(), ceremonies.challenge_of(answer)
    challenge = challenges.opened(provider.sealer, now, bound_to(browser, page), value)
    if challenge is None or challenge.carried != staff_id:
        return None
    new = ceremonies.registered(place.relying_party(provider.settings), answer, challenge)
    return (new, challenge) if new is not None else None
