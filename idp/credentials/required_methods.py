"""A person's second steps, and the portals that would be shut without one of them.

A portal that asks for a second step at every sign-in demands one of the methods that its policy accepts. The last of
them is not removed, or its owner would be locked out; if several are left, any may be removed.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from idp import methods
from idp.clients.client import Client
from idp.clients.policy import Policy
from idp.clients.registry import Registry
from idp.credentials import authenticator_apps, passkeys, recovery_codes
from idp.database import Transaction
from idp.organisations.opened_portals import portals_opened_by
from idp.people import completeness, emails, phones


def _has_mailbox(tx: Transaction, person_id: str) -> int:
    address = emails.of_person(tx, person_id)
    return int(address is not None and address.verified_at is not None)


def _has_phone(tx: Transaction, person_id: str) -> int:
    phone = phones.in_hand(tx, person_id)
    return int(phone is not None and phone.verified_at is not None)


def _passkeys(tx: Transaction, person_id: str) -> int:
    return len(passkeys.listed(tx, person_id))


def _has_recovery_codes(tx: Transaction, person_id: str) -> int:
    return int(recovery_codes.left(tx, person_id) > 0)


COUNTS: Mapping[str, Callable[[Transaction, str], int]] = {
    methods.PASSKEY: _passkeys,
    methods.TOTP: authenticator_apps.count,
    methods.SMS: _has_phone,
    methods.RECOVERY: _has_recovery_codes,
    methods.EMAIL: _has_mailbox,
}
"""How many of each method a person has: a list of recovery codes counts as one while a code of it works."""


def held(tx: Transaction, person_id: str) -> Counter[str]:
    """Return how many of each second step the person has, by the names of `idp.methods`."""
    return Counter({name: amount for name, count in COUNTS.items() if (amount := count(tx, person_id))})


def spare_phone(tx: Transaction, person_id: str, policy: Policy, missing: frozenset[str]) -> frozenset[str]:
    """Return the missing details without the phone, where the person has a factor that stands for it (X-31)."""
    if completeness.PHONE not in missing or not policy.spares_phone:
        return missing
    return missing - {completeness.PHONE} if policy.instead_of_phone.intersection(held(tx, person_id)) else missing


def shut_without(tx: Transaction, registry: Registry, person_id: str, method: str) -> tuple[Client, ...]:
    """Return the portals of the person that one `method` less would shut: empty means that it may be removed."""
    before = held(tx, person_id)
    after = before - Counter({method: 1})
    return tuple(
        client
        for client in portals_opened_by(tx, registry, person_id)
        if client.policy.second_step == "always"
        and client.policy.served_methods.intersection(before)
        and not client.policy.served_methods.intersection(after)
    )
