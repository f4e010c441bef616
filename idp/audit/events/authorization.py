"""Decisions of the authorization and logout endpoints about a person."""

from dataclasses import dataclass, field

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class CodeIssued(Event):
    """A client was given an authorization code for a signed-in person."""

    session_id: str
    acr: str
    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LoggedOut(Event):
    """The person, or a portal in their name, ended the session."""

    session_id: str
    asked_by_client: bool


@dataclass(frozen=True, kw_only=True)
class DeviceAllowed(Event):
    """A person let a device in (RFC 8628)."""

    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class DeviceDenied(Event):
    """A person turned a device away."""
