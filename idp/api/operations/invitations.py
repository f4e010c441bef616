"""Invitations to companies: an administrator's is sent, all are followed and withdrawn."""

from datetime import datetime
from typing import Annotated

import msgspec

from idp.actions import invitations as actions
from idp.api.letters import Format, letters_of
from idp.api.operation import Because, Call, Operation, Reason, Unfinished
from idp.api.operations.companies import IssuedInvitation, active_company_of, printing, sender_to
from idp.api.operations.letters import State
from idp.api.operations.members import LIMIT, TypedEmail
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import INVALID, NOT_FOUND, STATE, TOO_MANY, ApiProblem, RequestFault
from idp.api.rights import INVITATIONS_READ, INVITATIONS_WRITE
from idp.database import Transaction
from idp.invitations import status
from idp.invitations.status import CodeFilter, CompanyInvitation
from idp.limits.rate_limit import LimitHit
from idp.people.email_address import Email, normalise_email
from idp.settings import Section


class InvitationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation, without its code. `kind`: administrator or member; `channel`: email or letter."""

    reference: str
    kind: str
    channel: str
    company: str
    state: str
    issued_at: datetime
    valid_until: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    used_at: datetime | None
    ended_at: datetime | None


class InvitationQuery(PageQuery, frozen=True, kw_only=True):
    company: Annotated[str, msgspec.Meta(max_length=200, description="Only those to the company of this number.")] = ""
    state: Annotated[State, msgspec.Meta(description="Only those in this state now.")] = ""


class NewAdministrator(Section, frozen=True, kw_only=True):
    """With `email` a mail is sent; without it comes the letter to the company's registered address."""

    reason: Reason
    email: TypedEmail | None = None
    format: Format = "pdf"


def list_invitations(call: Call, tx: Transaction) -> ResultPage[InvitationRecord]:
    asked = call.query(InvitationQuery)
    only = CodeFilter(state=asked.state, before=asked.cursor)
    wanted = status.invitations(tx, call.names["fund"], company=asked.company, only=only, limit=asked.limit + 1)
    return page_of(
        list(wanted), asked.limit, cursor=lambda each: each.code.id, shown=lambda each: _record(each, tx.now)
    )


def read_invitation(call: Call, tx: Transaction) -> InvitationRecord:
    return _record(_invitation(call, tx), tx.now)


def withdraw_invitation(call: Call, tx: Transaction) -> None:
    found = _invitation(call, tx)
    if not actions.withdraw_code(tx, found.code, by=call.caller.actor, reason=call.reason):
        raise ApiProblem(STATE, f"The invitation is {found.code.state_at(tx.now)}.")


def invite_administrator(call: Call, tx: Transaction) -> Unfinished:
    asked, company, letters = call.body(NewAdministrator), active_company_of(call, tx), letters_of(call)
    by = call.caller.actor
    if asked.email is not None:
        return Unfinished(lambda: lambda tx: _mail_administrator(call, tx))
    return printing(
        call,
        letters,
        company,
        asked,
        lambda tx, _company, _sender, drawn: actions.store_administrator(tx, drawn, by=by),
    )


def _mail_administrator(call: Call, tx: Transaction) -> IssuedInvitation:
    asked, company = call.body(NewAdministrator), active_company_of(call, tx)
    email, sender = normalise_email(asked.email or ""), sender_to(call, company, letters_of(call))
    if not isinstance(email, Email):
        raise ApiProblem(INVALID, errors=[RequestFault(pointer="#/email", detail="not an e-mail address")])
    if isinstance(call.provider.limiter.debit(tx, LIMIT, company.id), LimitHit):
        raise ApiProblem(TOO_MANY, "The company has had too many invitations today.")
    by, reason = call.caller.actor, asked.reason
    mailed = actions.mail_administrator(tx, company, email.address, sender, by=by, reason=reason)
    return IssuedInvitation(reference=mailed.reference, valid_until=mailed.expires_at, document=None)


def _invitation(call: Call, tx: Transaction) -> CompanyInvitation:
    only = CodeFilter(reference=call.names["reference"])
    found = next(status.invitations(tx, call.names["fund"], only=only, limit=1), None)
    if found is None:
        raise ApiProblem(NOT_FOUND)
    return found


def _record(invitation: CompanyInvitation, now: datetime) -> InvitationRecord:
    code = invitation.code
    return InvitationRecord(
        reference=code.reference,
        kind=code.kind,
        channel=code.channel,
        company=invitation.company,
        state=code.state_at(now),
        issued_at=code.created_at,
        valid_until=code.expires_at,
        sent_at=code.sent_at,
        opened_at=code.opened_at,
        used_at=code.used_at,
        ended_at=code.ended_at,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/funds/{fund}/invitations",
        scope=INVITATIONS_READ,
        summary="List invitations to companies",
        description="The newest first. One that was cancelled names no company.",
        query=InvitationQuery,
        answer=ResultPage[InvitationRecord],
        act=list_invitations,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path="/funds/{fund}/invitations/{reference}",
        scope=INVITATIONS_READ,
        summary="Read an invitation",
        answer=InvitationRecord,
        act=read_invitation,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/funds/{fund}/invitations/{reference}/withdraw",
        scope=INVITATIONS_WRITE,
        summary="Withdraw an invitation",
        description="Its code is refused from now on, and an invited member leaves the company's list.",
        body=Because,
        status=204,
        act=withdraw_invitation,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path="/funds/{fund}/companies/{number}/administrators",
        scope=INVITATIONS_WRITE,
        summary="Invite an administrator",
        description="An invitation that is still valid dies. Administrators there already stay.",
        body=NewAdministrator,
        answer=IssuedInvitation,
        status=201,
        act=invite_administrator,
        begins_reading=True,
        refusals=(NOT_FOUND, STATE),
    ),
)
