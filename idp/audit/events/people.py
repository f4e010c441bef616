"""Events of a person's account and identifiers."""

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
class InactivityReminded(Event):
    """Told that nobody uses the account, and until when it stays open."""


@dataclass(frozen=True, kw_only=True)
class DataDownloaded(Event):
    """A file with everything that is held about the person was made: for them, or by staff whom they asked."""


@dataclass(frozen=True, kw_only=True)
class ClosureAsked(Event):
    """The person asked to delete the account; that is done at `due_at`, an ISO 8601 instant."""

    due_at: str


@dataclass(frozen=True, kw_only=True)
class ClosureReminded(Event):
    """Told that the account is deleted soon, and how to keep it."""


@dataclass(frozen=True, kw_only=True)
class ClosureStopped(Event):
    """The account stays. `reason`: signed-in, link, misuse, hindered (it is still needed), or the desk's."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonErased(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonsMerged(Event):
    """The account took over everything of another one of the same human being, which was dissolved (`PersonErased`)."""

    other_id: str
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
class EmailReplacementBegun(Event):
    """The desk was told that the mailbox is lost; `new` (masked) can be confirmed from `opens_at` on."""

    new: str
    opens_at: str
    reason: str
    identity: str


@dataclass(frozen=True, kw_only=True)
class EmailReplacementCancelled(Event):
    """`reason`: old-mailbox (a code from it was shown), link (that of its mail was used), or the reason of the desk."""

    reason: str


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
class PhoneReplacementBegun(Event):
    """The desk was told that the phone is lost; from `opens_at` on the number on file counts as none."""

    opens_at: str
    reason: str
    identity: str


@dataclass(frozen=True, kw_only=True)
class PhoneReplacementCancelled(Event):
    """`reason`: old-phone (a code from it was shown), or the reason of the desk."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class IdentifierAttached(Event):
    """A legacy identifier or customer number of the portal `client_id` now belongs to this person."""

    kind: str


@dataclass(frozen=True, kw_only=True)
class IdentifierDetached(Event):
    """The identifier has no owner now; the portal no longer gets it as a claim of this person."""

    kind: str


@dataclass(frozen=True, kw_only=True)
class MigrationBegun(Event):
    """Someone gave the password of a legacy account."""

    legacy_account_id: str


@dataclass(frozen=True, kw_only=True)
class MigrationContested(Event):
    """The owner of the address on file denied the migration.

    `person_id`: the person who had already migrated the account.
    """

    legacy_account_id: str


@dataclass(frozen=True, kw_only=True)
class LegacyAccountMigrated(Event):
    legacy_account_id: str


@dataclass(frozen=True, kw_only=True)
class LegacyAccountReopened(Event):
    """The desk settled a contested migration; `reason` says how."""

    legacy_account_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Enrolled(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class EnrolmentEnded(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class TermsAccepted(Event):
    version: str
