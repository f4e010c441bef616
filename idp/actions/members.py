"""Members of a company: invited, given rights, deactivated, reactivated (B-25, B-42, B-44, B-51)."""

from dataclasses import dataclass

from idp.actions import invitations
from idp.actions.actor import Actor, ActorKind, acting, note
from idp.actions.invitations import Sender
from idp.database import Transaction
from idp.grants.end_access import OrganisationAccess, end_access
from idp.notices import company as notices
from idp.organisations import memberships
from idp.organisations.membership import DEACTIVATED as MEMBERSHIP_DEACTIVATED
from idp.organisations.membership import Membership
from idp.organisations.memberships import AlreadyInvited, LastAdministrator, NotFound, Rights
from idp.organisations.organisation import Organisation
from idp.people import person

DEACTIVATED, LEFT = "deactivated", "left"


@dataclass(frozen=True, kw_only=True)
class Invitee:
    """The details of an invited person. `phone` is in E.164 and was proved by an administrator."""

    email: str
    given_name: str
    family_name: str
    rights: Rights
    phone: str = ""


def invite_member(
    tx: Transaction, company: Organisation, invited: Invitee, sender: Sender, *, by: Actor, reason: str = ""
) -> Membership | AlreadyInvited:
    """Put a person on the company's list as invited, and mail them the code."""
    with acting(tx, by, reason=reason):
        membership = memberships.invite(
            tx,
            company.id,
            email=invited.email,
            given_name=invited.given_name,
            family_name=invited.family_name,
            rights=invited.rights,
            phone=invited.phone,
        )
        if isinstance(membership, Membership):
            invitations.mail_member(tx, company, membership, sender, by=by, reason=reason)
        return membership


def change_rights(
    tx: Transaction, membership_id: str, rights: Rights, sender: Sender, *, by: Actor, reason: str = ""
) -> Membership | LastAdministrator | NotFound:
    """Set the administrator right and the topics, and tell the member all of them."""
    with acting(tx, by, reason=reason):
        changed = memberships.change_rights(tx, membership_id, rights, by=_checked(by), reason=reason)
        if isinstance(changed, Membership):
            company = _company(tx, changed)
            author = author_name(tx, by, company, sender, changed)
            notices.rights_changed(tx, changed, sender.at, company=company, client=sender.client, by=author)
        return changed


def deactivate_member(
    tx: Transaction, membership_id: str, sender: Sender, *, by: Actor, reason: str = ""
) -> Membership | LastAdministrator | NotFound:
    """End the person's access for this company only, at every portal that knows of it, and tell them (B-42).

    An administrator may give up their own access together with the right.
    """
    before = memberships.by_id(tx, membership_id)
    leaves = before is not None and before.person_id == by.person_id
    with acting(tx, by, reason=reason):
        cause = reason or (LEFT if by.kind == ActorKind.PERSON else DEACTIVATED)
        membership = memberships.deactivate(tx, membership_id, reason=cause, by="" if leaves else _checked(by))
        if isinstance(membership, Membership):
            end_access(
                tx,
                person_id=membership.person_id,
                scope=OrganisationAccess(membership.organisation_id),
                reason=DEACTIVATED,
            )
            _tell_access(tx, membership, sender, by)
        return membership


def leave_company(
    tx: Transaction, membership_id: str, sender: Sender, *, person_id: str
) -> Membership | LastAdministrator | NotFound:
    """Let a person give up their own access for a company; the last administrator may not (B-44)."""
    membership = memberships.by_id(tx, membership_id)
    if membership is None or membership.person_id != person_id:
        return NotFound()
    return deactivate_member(tx, membership_id, sender, by=Actor.person(person_id))


def reactivate_member(
    tx: Transaction, membership_id: str, sender: Sender, *, by: Actor, reason: str = ""
) -> Membership | NotFound:
    """Give a deactivated member their former rights back, and tell them."""
    with acting(tx, by, reason=reason):
        membership = memberships.reactivate(tx, membership_id, by=_checked(by))
        if isinstance(membership, Membership):
            note(tx, by, "reactivate-member", person_id=membership.person_id or "", reason=reason)
            _tell_access(tx, membership, sender, by)
        return membership


def author_name(tx: Transaction, by: Actor, company: Organisation, sender: Sender, receiver: Membership) -> str:
    """Return the author's name for a notice to this member: a person's own, the company's for its directory, or the
    fund's."""
    if by.kind == ActorKind.DIRECTORY:
        return company.name
    found = person.by_id(tx, by.person_id) if by.person_id else None
    if found is not None:
        return found.full_name
    fund = next((fund for fund in sender.client.funds if fund.code == company.fund), None)
    return fund.name_in(notices.receiver_language(tx, receiver, sender.at)) if fund is not None else ""


def _checked(by: Actor) -> str:
    """Return an administrator's id; the statement that makes the change checks that they still are one."""
    return by.person_id if by.kind == ActorKind.ADMINISTRATOR else ""


def _tell_access(tx: Transaction, membership: Membership, sender: Sender, by: Actor) -> None:
    company = _company(tx, membership)
    author = author_name(tx, by, company, sender, membership)
    ended = membership.state == MEMBERSHIP_DEACTIVATED
    notices.access_changed(tx, membership, sender.at, company=company, by=author, deactivated=ended)


def _company(tx: Transaction, membership: Membership) -> Organisation:
    return tx.session.get_one(Organisation, membership.organisation_id)
