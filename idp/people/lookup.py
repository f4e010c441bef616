"""From what somebody typed to who it may be. The same statements run whoever it is, so that nothing is told by work."""

from dataclasses import dataclass

from idp.database import Transaction
from idp.people.legacy import LegacyAccount
from idp.people.person import Person


@dataclass(frozen=True)
class Found:
    """At most one of the two is set. A legacy account comes in whatever state; a person may be disabled."""

    person: Person | None = None
    legacy: LegacyAccount | None = None


def by_identifier(tx: Transaction, typed: str, *, portal: str) -> Found:
    """The person with this login address or customer number of the portal, else its legacy account of that name.

    Three look-ups, always all three. Any input is allowed and never fails.
    """
    raise NotImplementedError
