"""The requirements of a recovery: the strictest of all portals that the person's password opens (rulings 32).

The portal in the address decides the wording and the theme only. The rules are read twice: for the request, and when
the password is replaced, because phone and portals may have changed by then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flows.engine.run import Run
from idp.clients import policy
from idp.clients.client import Client
from idp.clients.policy import RecoveryPolicy
from idp.credentials import recovery_factors
from idp.organisations.opened_portals import portals_opened_by
from idp.people import phones
from idp.people.phones import Phone

By = Literal["factor", "mailbox", "desk"]


@dataclass(frozen=True)
class RecoveryRules:
    """`is_theirs`: the person belongs to the portal in the address; otherwise they are a stranger there."""

    recovery: RecoveryPolicy
    is_theirs: bool

    @property
    def asks_birth_date(self) -> bool:
        return "birth_date" in self.recovery.fields


@dataclass(frozen=True)
class RecoveryRoute:
    """How the password can be replaced: with a factor beside the mailed link, by the mailbox alone, or by the desk.

    `phone` gets a code; `others` are the methods that do as well, strongest first. `until` is when the way to the desk
    may be over.
    """

    by: By
    phone: str = ""
    others: tuple[str, ...] = ()
    why: Literal["", "no-phone", "phone", "new-method"] = ""
    until: datetime | None = None


def of_person(run: Run, person_id: str) -> RecoveryRules:
    """Return the rules for this person; the statements are the same for everybody."""
    opened = portals_opened_by(run.tx, run.provider.registry.current(), person_id)
    policies = [client.policy.recovery for client in _with_asked(run, opened)]
    at_this_portal = any(client.client_id == run.client.client_id for client in opened)
    return RecoveryRules(policy.strictest(policies), at_this_portal or run.policy.entry == "anyone")


def way(run: Run, person_id: str, rules: RecoveryRules) -> RecoveryRoute:
    """Return the way to a new password. Anything stronger than the mailbox is asked for.

    A new, provisional or unproved phone or method counts too. The mailbox alone is for people who have no other, or
    whose phone the desk agreed to replace.
    """
    phone, cooling = phones.in_hand(run.tx, person_id), timedelta(seconds=rules.recovery.cooldown)
    factors = recovery_factors.of_person(run.tx, person_id, cooling=cooling)
    number = phone.number if phone is not None and phone.serves_recovery(run.tx.now, cooling=cooling) else ""
    if number or factors.ready:
        return RecoveryRoute("factor", number, factors.ready)
    settled = _settled(phone, cooling) if phone is not None else None
    if factors.until is not None and (settled is None or factors.until < settled):
        return RecoveryRoute("desk", why="new-method", until=factors.until)
    if phone is not None:
        return RecoveryRoute("desk", why="phone", until=settled)
    return RecoveryRoute("mailbox") if rules.recovery.mail_only == "delayed" else RecoveryRoute("desk", why="no-phone")


def _with_asked(run: Run, opened: tuple[Client, ...]) -> list[Client]:
    return [run.client, *(client for client in opened if client.client_id != run.client.client_id)]


def _settled(phone: Phone, cooling: timedelta) -> datetime | None:
    """From when on a new number receives codes; None: that is not all it lacks."""
    if phone.settling_since is None or phone.verified_at is None or phone.provisional_for:
        return None
    return phone.settling_since + cooling
