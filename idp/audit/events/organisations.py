"""Events of organisations and their members' rights: the organisation's journal."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class OrganisationRegistered(Event):
    """`reason` is the clerk's; a list that was imported has its own event."""

    fund: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class OrganisationChanged(Event):
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MemberInvited(Event):
    membership_id: str
    is_administrator: bool
    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event):
    membership_id: str


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Event):
    membership_id: str
    is_administrator: bool
    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RightsChanged(Event):
    """The administrator right or the topics of a member; both sides, so that the journal can be read alone.

    `reason` is the clerk's; an administrator gives none.
    """

    membership_id: str
    was_administrator: bool
    is_administrator: bool
    old_topics: tuple[str, ...]
    new_topics: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MemberDeactivated(Event):
    membership_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberReactivated(Event):
    membership_id: str


@dataclass(frozen=True, kw_only=True)
class ScimTokenCreated(Event):
    """An administrator let the company's directory in (RFC 7644), for so many days."""

    token_id: str
    name: str
    days: int


@dataclass(frozen=True, kw_only=True)
class ScimTokenRevoked(Event):
    """`reason` is empty where an administrator did it."""

    token_id: str
    name: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ScimUserChanged(Event):
    """The company's directory created, changed or removed one of its users; rights and access have their own events."""

    scim_user_id: str
    membership_id: str
    change: str


@dataclass(frozen=True, kw_only=True)
class AdministrationRefused(Event):
    """Someone asked for a page or act of the organisation without the right to (B-30, B-44)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberJobOrdered(Event):
    """A program ordered invitations, or changes, of many members; `rows` of them."""

    job_id: str
    fund: str
    kind: str
    rows: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberJobFinished(Event):
    """The worker has worked off the rows of a job; each member that it changed has an event of their own."""

    job_id: str
    fund: str
    kind: str
    changed: int
    left_out: int


@dataclass(frozen=True, kw_only=True)
class MemberJobDiscarded(Event):
    """A program ended a job of members, or it waited for too long; what it had changed by then stays."""

    job_id: str
    fund: str
    kind: str
    reason: str
