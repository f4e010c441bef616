"""Members of a company: invited, given rights, deactivated, reactivated."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec

from idp.actions import invitations
from idp.actions import members as actions
from idp.actions.invitations import Sender
from idp.actions.invitees import MemberFault, TypedInvitee, faults_of_topics, read_invitee
from idp.actions.members import Invitee
from idp.api.letters import letters_of
from idp.api.operation import Because, Call, Operation, Reason
from idp.api.operations.companies import active_company_of, company_of, sender_to
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import (
    CHANGED,
    INVALID,
    LAST_ADMINISTRATOR,
    LISTED,
    NEEDS_MATCH,
    NOT_FOUND,
    STATE,
    TOO_MANY,
    ApiProblem,
    RequestFault,
)
from idp.api.rights import CONTACTS_READ, INVITATIONS_WRITE, MEMBERSHIPS_READ, MEMBERSHIPS_WRITE
from idp.clients.client import Client
from idp.database import Transaction
from idp.limits.rate_limit import LimitHit
from idp.messages.recipient import mask_email
from idp.organisations import member_list, memberships, organisation
from idp.organisations.membership import INVITED, Membership
from idp.organisations.memberships import AlreadyInvited, LastAdministrator, Member, NotFound, Rights
from idp.organisations.organisation import Organisation
from idp.people.email_address import MAX_TYPED
from idp.people.person_name import LONGEST_NAME
from idp.settings import Section

LIMIT = "company_invitations"

TypedName = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=r"\S")]
TypedEmail = Annotated[str, msgspec.Meta(min_length=3, max_length=MAX_TYPED)]


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a company. `state`: invited, active or deactivated; `person` is null while invited.

    `email` is masked without the scope `contacts:read`.
    """

    id: str
    state: str
    person: str | None
    given_name: str
    family_name: str
    email: str
    administrator: bool
    topics: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


class NewMember(Section, frozen=True, kw_only=True):
    """The names are shown until the person has an account of their own."""

    email: TypedEmail
    given_name: TypedName
    family_name: TypedName
    reason: Reason
    administrator: bool = False
    topics: tuple[str, ...] = ()


class MemberRights(Section, frozen=True, kw_only=True):
    """All rights of the member from now on."""

    administrator: bool
    topics: tuple[str, ...]
    reason: Reason


Change = Callable[[Sender], Membership | LastAdministrator | NotFound]


def list_members(call: Call, tx: Transaction) -> ResultPage[MemberRecord]:
    asked, company = call.query(PageQuery), company_of(call, tx)
    found = member_list.after(tx, company.id, asked.cursor, count=asked.limit + 1)
    return page_of(found, asked.limit, cursor=lambda each: each.membership.id, shown=partial(_record, call))


def read_member(call: Call, tx: Transaction) -> MemberRecord:
    return _record(call, _member(call, tx, company_of(call, tx)))


def invite_member(call: Call, tx: Transaction) -> MemberRecord:
    asked, company, letters = call.body(NewMember), active_company_of(call, tx), letters_of(call)
    invited = _invitee(asked, letters.client, company)
    if member_list.is_listed(tx, company.id, invited.email):
        raise ApiProblem(LISTED)
    if isinstance(call.provider.limiter.debit(tx, LIMIT, company.id), LimitHit):
        raise ApiProblem(TOO_MANY, "The company has had too many invitations today.")
    sender = sender_to(call, company, letters)
    outcome = actions.invite_member(tx, company, invited, sender, by=call.caller.actor, reason=asked.reason)
    if isinstance(outcome, AlreadyInvited):
        raise ApiProblem(LISTED)
    return _shown(call, tx, outcome.id)


def change_member_rights(call: Call, tx: Transaction) -> MemberRecord:
    asked, company = call.body(MemberRights), active_company_of(call, tx)
    organisation.lock(tx, company.id)  # of two changes of one version, the second sees the first
    member = _member(call, tx, company)
    call.check_unchanged(_record(call, member))
    _check_topics(asked.topics, letters_of(call).client, company)
    rights = Rights(is_administrator=asked.administrator, topics=asked.topics)
    by, reason, which = call.caller.actor, asked.reason, member.membership.id
    return _changed(
        call, tx, company, lambda sender: actions.change_rights(tx, which, rights, sender, by=by, reason=reason)
    )


def deactivate_member(call: Call, tx: Transaction) -> MemberRecord:
    company, by = active_company_of(call, tx), call.caller.actor
    which = _member(call, tx, company).membership.id
    return _changed(
        call, tx, company, lambda sender: actions.deactivate_member(tx, which, sender, by=by, reason=call.reason)
    )


def reactivate_member(call: Call, tx: Transaction) -> MemberRecord:
    company, by = active_company_of(call, tx), call.caller.actor
    which = _member(call, tx, company).membership.id
    return _changed(
        call, tx, company, lambda sender: actions.reactivate_member(tx, which, sender, by=by, reason=call.reason)
    )


def resend_member_invitation(call: Call, tx: Transaction) -> MemberRecord:
    company, letters = active_company_of(call, tx), letters_of(call)
    member = _member(call, tx, company).membership
    if member.state != INVITED:
        raise ApiProblem(STATE, f"The member is {member.state}.")
    if isinstance(call.provider.limiter.debit(tx, LIMIT, company.id), LimitHit):
        raise ApiProblem(TOO_MANY, "The company has had too many invitations today.")
    sender, by = sender_to(call, company, letters), call.caller.actor
    invitations.mail_member(tx, company, member, sender, by=by, reason=call.reason)
    return _shown(call, tx, member.id)


def _changed(call: Call, tx: Transaction, company: Organisation, change: Change) -> MemberRecord:
    outcome = change(sender_to(call, company, letters_of(call)))
    if isinstance(outcome, LastAdministrator):
        raise ApiProblem(LAST_ADMINISTRATOR)
    if isinstance(outcome, NotFound):
        raise ApiProblem(STATE, "The member is not in the state that this needs.")
    return _shown(call, tx, outcome.id)


def _shown(call: Call, tx: Transaction, membership_id: str) -> MemberRecord:
    tx.session.expire_all()
    found = memberships.member(tx, membership_id)
    if found is None:
        raise ApiProblem(NOT_FOUND)
    return _record(call, found)


def _member(call: Call, tx: Transaction, company: Organisation) -> Member:
    found = memberships.member(tx, call.names["member"])
    if found is None or found.membership.organisation_id != company.id:
        raise ApiProblem(NOT_FOUND)
    return found


def _invitee(asked: NewMember, portal: Client, company: Organisation) -> Invitee:
    """Return the invited person by the rules of the form. Raises `ApiProblem` with every fault."""
    typed = TypedInvitee(
        email=asked.email,
        given_name=asked.given_name,
        family_name=asked.family_name,
        administrator=asked.administrator,
        topics=asked.topics,
    )
    read = read_invitee(typed, portal, company)
    if isinstance(read, Invitee):
        return read
    raise _invalid(read)


def _check_topics(topics: tuple[str, ...], portal: Client, company: Organisation) -> None:
    faults = faults_of_topics(topics, portal, company)
    if faults:
        raise _invalid(faults)


def _invalid(faults: Sequence[MemberFault]) -> ApiProblem:
    return ApiProblem(INVALID, errors=[RequestFault(pointer=f"#/{each.place}", detail=each.detail) for each in faults])


def _record(call: Call, member: Member) -> MemberRecord:
    membership = member.membership
    return MemberRecord(
        id=membership.id,
        state=membership.state,
        person=membership.person_id,
        given_name=member.given_name,
        family_name=member.family_name,
        email=member.email if CONTACTS_READ in call.caller.scopes else mask_email(member.email),
        administrator=membership.is_administrator,
        topics=tuple(membership.topics),
        created_at=membership.created_at,
        updated_at=membership.updated_at,
    )


MEMBERS = "/funds/{fund}/companies/{number}/members"
OPERATIONS = (
    Operation(
        method="GET",
        path=MEMBERS,
        scope=MEMBERSHIPS_READ,
        summary="List the members of a company",
        description="The oldest first, invited and deactivated ones too.",
        query=PageQuery,
        answer=ResultPage[MemberRecord],
        act=list_members,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path=MEMBERS,
        scope=INVITATIONS_WRITE,
        summary="Invite a member",
        description="A mail with a code goes to the address. Whether it has an account changes nothing here.",
        body=NewMember,
        answer=MemberRecord,
        status=201,
        act=invite_member,
        refusals=(NOT_FOUND, STATE, LISTED),
    ),
    Operation(
        method="GET",
        path=MEMBERS + "/{member}",
        scope=MEMBERSHIPS_READ,
        summary="Read a member",
        answer=MemberRecord,
        act=read_member,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="PUT",
        path=MEMBERS + "/{member}/rights",
        scope=MEMBERSHIPS_WRITE,
        summary="Set the rights of a member",
        description="The member is told all of them. If-Match is the ETag of the member.",
        body=MemberRights,
        answer=MemberRecord,
        act=change_member_rights,
        match="needed",
        refusals=(NOT_FOUND, STATE, LAST_ADMINISTRATOR, CHANGED, NEEDS_MATCH),
    ),
    Operation(
        method="POST",
        path=MEMBERS + "/{member}/deactivate",
        scope=MEMBERSHIPS_WRITE,
        summary="Deactivate a member",
        description="Ends the person's access for this company only, at every portal that knows of it. They are told.",
        body=Because,
        answer=MemberRecord,
        act=deactivate_member,
        refusals=(NOT_FOUND, STATE, LAST_ADMINISTRATOR),
    ),
    Operation(
        method="POST",
        path=MEMBERS + "/{member}/resend-invitation",
        scope=INVITATIONS_WRITE,
        summary="Send the invitation of a member again",
        description="A mail with a new code goes to the invited address; the former code ends.",
        body=Because,
        answer=MemberRecord,
        act=resend_member_invitation,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path=MEMBERS + "/{member}/reactivate",
        scope=MEMBERSHIPS_WRITE,
        summary="Reactivate a member",
        description="The member has the former rights again, and is told.",
        body=Because,
        answer=MemberRecord,
        act=reactivate_member,
        refusals=(NOT_FOUND, STATE),
    ),
)
