"""What happens to a person's account and identifiers."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class PersonCreated(Event):
    """`reason` names the journey or command: migration, activation, invitation, import…"""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonDisabled(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonEnabled(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonErased(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(Event):
    """`changed` lists the claim names, never the values."""

    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Event):
    """Both addresses masked. The first address comes with `PersonCreated`."""

    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class PhoneChanged(Event):
    """Both numbers masked; `new` is empty when the number was removed. `organisation_id` is set if an administrator
    of that organisation proved it (then the number is provisional)."""

    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class PhoneConfirmed(Event):
    """A provisional number became the person's own: they signed in with a code sent to it."""


@dataclass(frozen=True, kw_only=True)
class IdentifierAttached(Event):
    """A legacy identifier or customer number of the portal `client_id` now belongs to this person."""

    kind: str


@dataclass(frozen=True, kw_only=True)
class LegacyAccountMigrated(Event):
    legacy_account_id: str


@dataclass(frozen=True, kw_only=True)
class Enrolled(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class EnrolmentEnded(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class TermsAccepted(Event):
    version: str
