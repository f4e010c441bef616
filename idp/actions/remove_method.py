"""Remove a way to sign in: an authenticator app, a passkey, the list of recovery codes, or the phone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from idp import methods
from idp.actions.actor import Actor, acting
from idp.clients.registry import Registry
from idp.credentials import authenticator_apps, passkeys, recovery_codes, required_methods
from idp.database import Transaction
from idp.messages.recipient import mask_phone
from idp.notices import account
from idp.notices.notice import Occasion
from idp.organisations.opened_portals import portals_opened_by
from idp.people import person, phones
from idp.people.phones import Phone
from idp.sessions import ending

RECOVERY_CODES = "recovery-codes"
PHONE = "phone"
"""The names of the recovery code list and of the one number, where apps and passkeys have ids."""

ENDED = "method-removed"
WORDS = {methods.TOTP: "totp", methods.PASSKEY: "passkey", methods.RECOVERY: "recovery_codes", methods.SMS: "sms"}


@dataclass(frozen=True)
class RemovableMethod:
    """One way to sign in: `method` is a row of `idp.methods`, `name` is empty for the recovery codes.

    The name of a phone is its number, masked.
    """

    id: str
    method: str
    name: str
    added_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True)
class MethodRemoval:
    """`method` is a row of `idp.methods`, `reference` that of the event."""

    method: str
    reference: str


@dataclass(frozen=True)
class ShutPortals:
    """Refused: these portals demand a second step, and the person would have none left there."""

    client_ids: tuple[str, ...]


@dataclass(frozen=True)
class PhoneRequired:
    """Refused: these portals require a mobile number, which may be changed, not removed."""

    client_ids: tuple[str, ...]


@dataclass(frozen=True)
class NoSuchMethod:
    """The person has none of this id."""


def remove_method(
    tx: Transaction,
    registry: Registry,
    person_id: str,
    method_id: str,
    *,
    by: Actor,
    at: Occasion,
    reason: str = "",
    but: str = "",
    even_the_last: bool = False,
) -> MethodRemoval | ShutPortals | PhoneRequired | NoSuchMethod:
    """Remove it, end every session but the one with id `but`, and tell the person.

    A person never removes the last method that one of their portals demands. Staff may, if it is lost, and arrange a
    new start. `even_the_last`: the person may too, if someone else added it.
    """
    person.hold(tx, person_id)  # of two methods that go at the same moment, the second one may be the last
    method = kind_of(tx, person_id, method_id)
    if not method:
        return NoSuchMethod()
    needed = _needed_by(tx, registry, person_id, method)
    if needed is not None and by.person_id and not even_the_last:
        return needed
    with acting(tx, by, reason=reason):
        number = phones.of_person(tx, person_id) if method == methods.SMS else None
        numbers = (number.number,) if number is not None and number.verified_at is not None else ()
        reference = _remove(tx, person_id, method, method_id, reason or "own")
        ending.end_all(tx, person_id, reason=ENDED, but=but)
        account.factor_removed(tx, person_id, at, factor=WORDS[method], reference=reference, numbers=numbers)
    return MethodRemoval(method, reference)


def remove_added(
    tx: Transaction, registry: Registry, person_id: str, since: datetime, *, by: Actor, at: Occasion
) -> None:
    """Remove everything that was added since then, even the last method, and end every session."""
    for added in added_since(tx, person_id, since):
        remove_method(tx, registry, person_id, added.id, by=by, at=at, even_the_last=True)


def added_since(tx: Transaction, person_id: str, since: datetime) -> list[RemovableMethod]:
    """Return the person's methods that were added then or later; no number that came with the account. Reads only."""
    phone = phones.of_person(tx, person_id)
    came_with_account = phone is not None and phone.settling_since is None
    added = (each for each in removable(tx, person_id) if each.added_at >= since)
    return [each for each in added if not (each.id == PHONE and came_with_account)]


def removable(tx: Transaction, person_id: str) -> Iterator[RemovableMethod]:
    """Yield the person's passkeys, apps, the list of recovery codes and the phone, if there are any."""
    for passkey in passkeys.listed(tx, person_id):
        yield RemovableMethod(passkey.id, methods.PASSKEY, passkey.name, passkey.added_at, passkey.last_used_at)
    for app in authenticator_apps.listed(tx, person_id):
        yield RemovableMethod(app.id, methods.TOTP, app.name, app.added_at, app.last_used_at)
    codes = recovery_codes.listed(tx, person_id)
    if codes is not None:
        yield RemovableMethod(RECOVERY_CODES, methods.RECOVERY, "", codes.added_at, codes.last_used_at)
    phone = phones.of_person(tx, person_id)
    if phone is not None:
        yield phone_method(phone)


def phone_method(phone: Phone) -> RemovableMethod:
    return RemovableMethod(PHONE, methods.SMS, mask_phone(phone.number), phone.changed_at)


def kind_of(tx: Transaction, person_id: str, method_id: str) -> str:
    """Return the method that the id names; empty: the person has none of this id."""
    if method_id == RECOVERY_CODES:
        return methods.RECOVERY if recovery_codes.listed(tx, person_id) is not None else ""
    if method_id == PHONE:
        return methods.SMS if phones.of_person(tx, person_id) is not None else ""
    if authenticator_apps.holds(tx, person_id, method_id):
        return methods.TOTP
    return methods.PASSKEY if passkeys.exists(tx, person_id, method_id) else ""


def _needed_by(tx: Transaction, registry: Registry, person_id: str, method: str) -> ShutPortals | PhoneRequired | None:
    """Return why the person may not remove one of this method; None: they may."""
    opened = portals_opened_by(tx, registry, person_id)
    asking = [client.client_id for client in opened if method == methods.SMS and client.policy.phone == "required"]
    if asking:
        return PhoneRequired(tuple(asking))
    shut = required_methods.shut_without(tx, registry, person_id, method)
    return ShutPortals(tuple(client.client_id for client in shut)) if shut else None


def _remove(tx: Transaction, person_id: str, method: str, method_id: str, reason: str) -> str:
    if method == methods.RECOVERY:
        return recovery_codes.remove(tx, person_id, reason=reason)
    if method == methods.SMS:
        return phones.remove(tx, person_id).reference
    if method == methods.TOTP:
        return authenticator_apps.remove(tx, person_id, method_id, reason=reason)
    return passkeys.remove(tx, person_id, method_id, reason=reason)
