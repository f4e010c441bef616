"""The way in which a person can replace a forgotten password, by the policy of all portals that it opens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from idp.clients.policy import RecoveryPolicy
from idp.credentials import recovery_factors
from idp.database import Transaction
from idp.people import phones
from idp.people.phones import Phone

RouteBy = Literal["factor", "mailbox", "desk"]
RouteObstacle = Literal["", "no-phone", "phone", "new-method"]


@dataclass(frozen=True)
class RecoveryRoute:
    """How the password can be replaced: with a factor beside the mailed link, by the mailbox alone, or by the desk.

    `phone` gets a code; `others` are the methods that do as well, strongest first. `until` is when the way to the desk
    may be over.
    """

    by: RouteBy
    phone: str = ""
    others: tuple[str, ...] = ()
    why: RouteObstacle = ""
    until: datetime | None = None


def of_person(tx: Transaction, person_id: str, policy: RecoveryPolicy) -> RecoveryRoute:
    """Return the way to a new password. Anything stronger than the mailbox is asked for.

    A new, provisional or unproved phone or method counts too. The mailbox alone is for people who have no other, or
    whose phone the desk agreed to replace. The statements are the same for everybody.
    """
    phone, cooling = phones.in_hand(tx, person_id), timedelta(seconds=policy.cooldown)
    factors = recovery_factors.of_person(tx, person_id, cooling=cooling)
    number = phone.number if phone is not None and phone.serves_recovery(tx.now, cooling=cooling) else ""
    if number or factors.ready:
        return RecoveryRoute("factor", number, factors.ready)
    settled = _settled(phone, cooling) if phone is not None else None
    if factors.until is not None and (settled is None or factors.until < settled):
        return RecoveryRoute("desk", why="new-method", until=factors.until)
    if phone is not None:
        return RecoveryRoute("desk", why="phone", until=settled)
    return RecoveryRoute("mailbox") if policy.mail_only == "delayed" else RecoveryRoute("desk", why="no-phone")


def _settled(phone: Phone, cooling: timedelta) -> datetime | None:
    """From when on a new number receives codes; None: that is not all it lacks."""
    if phone.settling_since is None or phone.verified_at is None or phone.provisional_for:
        return None
    return phone.settling_since + cooling
