"""Authenticator apps and recovery codes of a person."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAdded(Event):
    """An app was activated by a right code."""

    authenticator_id: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRenamed(Event):
    authenticator_id: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRemoved(Event):
    """`reason`: the person's own act (`own`), or the desk's words."""

    authenticator_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesIssued(Event):
    """A new list; the codes of the former list work no more."""


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """`left` codes of the list still work."""

    left: int


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesRemoved(Event):
    """`reason` as for an authenticator."""

    reason: str
