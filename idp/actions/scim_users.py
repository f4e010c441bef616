"""The users of a company as its directory wants them (RFC 7644 §3.3): invited, changed, deactivated, given topics.

A new user is an invited member. A person whose address is in the company's list already is taken over without another
mail. The administrator right is out of a directory's reach; a deactivated administrator who comes back has it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from idp import random_values
from idp.actions import invitations, members
from idp.actions.actor import Actor, acting
from idp.actions.invitations import Sender
from idp.actions.members import Invitee
from idp.audit.events.organisations import ScimUserChanged
from idp.audit.log import record
from idp.database import Transaction
from idp.limits.rate_limit import Limiter, LimitHit
from idp.organisations import organisation, scim_users
from idp.organisations.membership import ACTIVE, DEACTIVATED, INVITED, Membership
from idp.organisations.memberships import Rights
from idp.organisations.organisation import Organisation
from idp.organisations.scim_users import DirectoryUser, ScimUser, UserKeys
from idp.people.email_address import Email

LIMIT = "company_invitations"
WITHDRAWN = "withdrawn by the company's directory"


class DirectoryRefusal(Enum):
    """Reasons why a directory does not get its way; the caller undoes what was written."""

    USER_NAME_TAKEN = auto()
    ADDRESS_TAKEN = auto()
    LAST_ADMINISTRATOR = auto()
    TOO_MANY_USERS = auto()


@dataclass(frozen=True, kw_only=True)
class Directory:
    """A company's directory, admitted by its token. `sender` is the portal that writes to the company's people."""

    company: Organisation
    sender: Sender
    limiter: Limiter
    by: Actor


@dataclass(frozen=True, kw_only=True)
class WantedUser:
    """A user as the directory wants it from now on; the two names are those that the company's list can show."""

    user_name: str
    external_id: str
    email: Email
    given_name: str
    family_name: str
    attributes: Mapping[str, object]
    active: bool


def create_user(tx: Transaction, directory: Directory, wanted: WantedUser) -> ScimUser | DirectoryRefusal | LimitHit:
    """Keep a record of a new user, and invite them if they are active and not in the company's list."""
    company = directory.company
    organisation.lock(tx, company.id)
    if scim_users.count(tx, company.id) >= scim_users.MOST:
        return DirectoryRefusal.TOO_MANY_USERS
    if scim_users.users(tx, company.id, UserKeys(user_name=wanted.user_name)):
        return DirectoryRefusal.USER_NAME_TAKEN
    if scim_users.has_address(tx, company.id, wanted.email.address):
        return DirectoryRefusal.ADDRESS_TAKEN
    with acting(tx, directory.by):
        stored = _record(tx, directory, wanted, random_values.new_id(tx.now), "")
        if stored is None:
            return DirectoryRefusal.USER_NAME_TAKEN
        return _brought(tx, directory, stored, _take_over(tx, stored, wanted), wanted)


def replace_user(
    tx: Transaction, directory: Directory, user: DirectoryUser, wanted: WantedUser
) -> ScimUser | DirectoryRefusal | LimitHit:
    """Bring a user to what the directory wants: an address that changes while invited gets an invitation of its own."""
    company = directory.company
    organisation.lock(tx, company.id)
    namesakes = scim_users.users(tx, company.id, UserKeys(user_name=wanted.user_name))
    if any(each.id != user.id for each in namesakes):
        return DirectoryRefusal.USER_NAME_TAKEN
    if scim_users.has_address(tx, company.id, wanted.email.address, but=user.id):
        return DirectoryRefusal.ADDRESS_TAKEN
    with acting(tx, directory.by):
        membership, stored = user.membership, user.record
        moved = user.email_key != wanted.email.key
        if stored is None:
            stored = _record(tx, directory, wanted, user.id, membership.id if membership is not None else "")
            if stored is None:
                return DirectoryRefusal.USER_NAME_TAKEN
        else:
            _rewrite(tx, stored, wanted)
        if moved and membership is not None and membership.state == INVITED:
            _withdraw(tx, directory, stored, membership)
            membership = None
        if membership is None and wanted.active:
            membership = _take_over(tx, stored, wanted)
        return _brought(tx, directory, stored, membership, wanted)


def remove_user(tx: Transaction, directory: Directory, user: DirectoryUser) -> DirectoryRefusal | None:
    """Deactivate the member, or withdraw the invitation, and delete the directory's record (RFC 7644 §3.6)."""
    organisation.lock(tx, directory.company.id)
    with acting(tx, directory.by):
        if user.membership is not None and not _deactivated(tx, directory, user.membership):
            return DirectoryRefusal.LAST_ADMINISTRATOR
        if user.record is not None:
            tx.session.refresh(user.record)
            tx.session.delete(user.record)
            tx.flush()
        member = user.membership.id if user.membership is not None else ""
        _note(tx, directory.company.id, user.id, member, "removed")
        return None


def give_topics(tx: Transaction, directory: Directory, user: DirectoryUser, topics: tuple[str, ...]) -> None:
    """Set the topics of a user; they wait in the record while there is no membership."""
    if topics == user.topics:
        return
    if user.membership is None:
        if user.record is not None:
            user.record.topics = list(topics)
        return
    rights = Rights(is_administrator=user.membership.is_administrator, topics=topics)
    members.change_rights(tx, user.membership.id, rights, directory.sender, by=directory.by)


def _brought(
    tx: Transaction, directory: Directory, stored: ScimUser, membership: Membership | None, wanted: WantedUser
) -> ScimUser | DirectoryRefusal | LimitHit:
    """Bring the user to the wanted state."""
    if not wanted.active:
        if membership is not None and not _deactivated(tx, directory, membership):
            return DirectoryRefusal.LAST_ADMINISTRATOR
        tx.session.refresh(stored)
        return stored
    if membership is None:
        return _invite(tx, directory, stored, wanted)
    if membership.state == DEACTIVATED:
        members.reactivate_member(tx, membership.id, directory.sender, by=directory.by)
    return stored


def _deactivated(tx: Transaction, directory: Directory, membership: Membership) -> bool:
    """End the invitation or the access. False: this is the last administrator."""
    if membership.state == INVITED:
        invitations.withdraw_member(tx, membership.id, by=directory.by, reason=WITHDRAWN)
    elif membership.state == ACTIVE:
        outcome = members.deactivate_member(tx, membership.id, directory.sender, by=directory.by)
        return isinstance(outcome, Membership)
    return True


def _invite(
    tx: Transaction, directory: Directory, stored: ScimUser, wanted: WantedUser
) -> ScimUser | DirectoryRefusal | LimitHit:
    counted = directory.limiter.debit(tx, LIMIT, directory.company.id)
    if isinstance(counted, LimitHit):
        return counted
    invitee = Invitee(
        email=wanted.email.address,
        given_name=wanted.given_name,
        family_name=wanted.family_name,
        rights=Rights(topics=tuple(stored.topics)),
    )
    invited = members.invite_member(tx, directory.company, invitee, directory.sender, by=directory.by)
    if not isinstance(invited, Membership):
        return DirectoryRefusal.ADDRESS_TAKEN
    stored.membership_id = invited.id
    tx.flush()
    return stored


def _take_over(tx: Transaction, stored: ScimUser, wanted: WantedUser) -> Membership | None:
    """Let the record stand for the member with this address, if the company's list has one."""
    found = scim_users.member_without_record(tx, stored.organisation_id, wanted.email.address)
    if found is None or found.membership is None:
        return None
    stored.membership_id = found.membership.id
    tx.flush()
    return found.membership


def _withdraw(tx: Transaction, directory: Directory, stored: ScimUser, membership: Membership) -> None:
    invitations.withdraw_member(tx, membership.id, by=directory.by, reason=WITHDRAWN)
    tx.session.refresh(stored)


def _record(
    tx: Transaction, directory: Directory, wanted: WantedUser, user_id: str, membership_id: str
) -> ScimUser | None:
    row = {
        "id": user_id,
        "organisation_id": directory.company.id,
        "membership_id": membership_id,
        "topics": [],
        "created_at": tx.now,
        "updated_at": tx.now,
        **_columns(wanted),
    }
    stored = scim_users.insert(tx, row)
    if stored is not None:
        _note(tx, directory.company.id, user_id, membership_id, "created")
    return stored


def _rewrite(tx: Transaction, stored: ScimUser, wanted: WantedUser) -> None:
    changed = {name: value for name, value in _columns(wanted).items() if getattr(stored, name) != value}
    for name, value in changed.items():
        setattr(stored, name, value)
    if changed:
        stored.updated_at = tx.now
        tx.flush()
        _note(tx, stored.organisation_id, stored.id, stored.membership_id, "changed")


def _columns(wanted: WantedUser) -> dict[str, object]:
    return {
        "user_name": wanted.user_name,
        "user_key": wanted.user_name.casefold(),
        "external_id": wanted.external_id,
        "email_key": wanted.email.key,
        "attributes": dict(wanted.attributes),
    }


def _note(tx: Transaction, organisation_id: str, user_id: str, membership_id: str, change: str) -> None:
    event = ScimUserChanged(
        organisation_id=organisation_id, scim_user_id=user_id, membership_id=membership_id, change=change
    )
    record(tx, event)
