"""A forgotten password: asked to be replaced, stopped, given up."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class RecoveryRequested(Event):
    """`outcome` is for staff: link, delayed, desk, migration, unknown, limited. Without a person for strangers."""

    outcome: str
    recovery_id: str = ""


@dataclass(frozen=True, kw_only=True)
class RecoveryEnded(Event):
    """A link ended before it replaced a password. `reason`: stopped (by its owner), guessed (three codes ended)."""

    recovery_id: str
    reason: str
