"""Actions of the desk or an operator on a person's record."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class PersonLookedUp(Event):
    """Someone of the desk looked at the record; `revealed`: with clear addresses."""

    revealed: bool


@dataclass(frozen=True, kw_only=True)
class DeskActed(Event):
    """The desk did `act` for the reason it gave."""

    act: str
    reason: str
