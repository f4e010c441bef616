"""One-time codes: sent, accepted, refused."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class CodeSent(Event):
    """A code was queued for delivery. `masked` shows as much of the address or number as a page may."""

    code_id: str
    purpose: str
    channel: str
    masked: str


@dataclass(frozen=True, kw_only=True)
class CodeAccepted(Event):
    code_id: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class CodeRefused(Event):
    """A wrong code was typed. `reason` is `wrong`, or `exhausted` when this was the last try."""

    purpose: str
    reason: str
    attempts_left: int
