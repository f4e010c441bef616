"""Many members at once: invited or changed by the worker, with every row that brought nothing by its pointer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from idp.actions import member_jobs as actions
from idp.actions.member_jobs import ChangeRow, FaultyMember, InvitationRow, OrderedMembers
from idp.api import faulty_rows
from idp.api.faulty_rows import FaultyRow, RowFault
from idp.api.letters import letters_of
from idp.api.operation import Because, Call, Operation, Reason
from idp.api.operations.members import TypedEmail, TypedName
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import INVALID, NOT_FOUND, STATE, ApiProblem, RequestFault
from idp.api.rights import INVITATIONS_READ, INVITATIONS_WRITE, MEMBERSHIPS_READ, MEMBERSHIPS_WRITE
from idp.database import Transaction
from idp.jobs import job_files
from idp.organisations.member_job import CHANGE, INVITE, MEMBER_JOBS, MemberJob
from idp.settings import Section

LARGEST = 2_000
"""Rows of one request; a body has at most `server.max_body_bytes`."""
FUND = "/funds/{fund}"
JOBS = FUND + "/member-jobs"

CompanyNumber = Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="In the fund's register.")]
Act = Literal["set-rights", "deactivate", "reactivate"]


class InvitedMember(Section, frozen=True, kw_only=True):
    """A person to invite to a company. The names are shown until they have an account of their own."""

    company: CompanyNumber
    email: TypedEmail
    given_name: TypedName
    family_name: TypedName
    administrator: bool = False
    topics: tuple[str, ...] = ()


class NewInvitations(Section, frozen=True, kw_only=True):
    members: Annotated[tuple[InvitedMember, ...], msgspec.Meta(min_length=1, max_length=LARGEST)]
    reason: Reason


class ChangedMember(Section, frozen=True, kw_only=True):
    """A change of a member, whatever their version. `set-rights` needs all rights; the other acts name none."""

    company: CompanyNumber
    member: Annotated[str, msgspec.Meta(min_length=1, max_length=40, description="The member's id.")]
    act: Act
    administrator: bool | None = None
    topics: tuple[str, ...] | None = None


class NewMemberChanges(Section, frozen=True, kw_only=True):
    members: Annotated[tuple[ChangedMember, ...], msgspec.Meta(min_length=1, max_length=LARGEST)]
    reason: Reason


class MemberJobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: invite or change; `state`: working, finished, discarded or failed.

    Of `total` rows `done` are worked off: `changed` of them did what was asked, `left_out` brought nothing.
    """

    id: str
    kind: str
    state: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    done: int
    total: int
    changed: int
    left_out: int
    fault: str | None


def order_invitations(call: Call, tx: Transaction) -> MemberJobRecord:
    asked = call.body(NewInvitations)
    rows = [
        InvitationRow(m.company, m.email, m.given_name, m.family_name, m.administrator, m.topics) for m in asked.members
    ]
    return _ordered(call, tx, _of_fund(call, rows), asked.reason)


def order_member_changes(call: Call, tx: Transaction) -> MemberJobRecord:
    asked = call.body(NewMemberChanges)
    faults = [fault for row, member in enumerate(asked.members) for fault in _faults_of_rights(row, member)]
    if faults:
        raise ApiProblem(INVALID, errors=faults)
    rows = [
        ChangeRow(m.company, m.member, m.act, administrator=bool(m.administrator), topics=m.topics or ())
        for m in asked.members
    ]
    return _ordered(call, tx, _of_fund(call, rows), asked.reason)


def list_member_jobs(call: Call, tx: Transaction) -> ResultPage[MemberJobRecord]:
    asked = call.query(PageQuery)
    found = MEMBER_JOBS.of_funds(tx, [call.names["fund"]], limit=asked.limit + 1, before=asked.cursor)
    return page_of(found, asked.limit, cursor=lambda each: each.id, shown=_record)


def read_member_job(call: Call, tx: Transaction) -> MemberJobRecord:
    return _record(_job(call, tx, MEMBERSHIPS_READ))


def list_faulty_members(call: Call, tx: Transaction) -> ResultPage[FaultyRow]:
    return faulty_rows.page(call.query(PageQuery), list(_faults(tx, _job(call, tx, MEMBERSHIPS_READ))))


def discard_member_job(call: Call, tx: Transaction) -> None:
    job = _job(call, tx, MEMBERSHIPS_WRITE)
    if not actions.discard(tx, job, by=call.caller.actor, reason=call.reason):
        raise ApiProblem(STATE, f"The job is {job.state}.")


def _of_fund(call: Call, rows: list[InvitationRow] | list[ChangeRow]) -> OrderedMembers:
    kind = INVITE if isinstance(rows[0], InvitationRow) else CHANGE
    press = letters_of(call)
    return OrderedMembers(client_id=press.client.client_id, fund=press.fund.code, kind=kind, rows=rows)


def _ordered(call: Call, tx: Transaction, wanted: OrderedMembers, reason: str) -> MemberJobRecord:
    if MEMBER_JOBS.is_full(tx, wanted.fund):
        raise ApiProblem(STATE, "Too many jobs of this fund are under way: wait for some of them, or discard them.")
    job_id = actions.order(tx, wanted, by=call.caller.actor, reason=reason)
    return _record(MEMBER_JOBS.read(tx, job_id))


def _faults_of_rights(row: int, member: ChangedMember) -> Iterator[RequestFault]:
    sets = member.act == "set-rights"
    for name, value in (("administrator", member.administrator), ("topics", member.topics)):
        if sets and value is None:
            yield RequestFault(pointer=f"#/members/{row}/{name}", detail="set-rights needs all rights of the member")
        elif not sets and value is not None:
            yield RequestFault(pointer=f"#/members/{row}/{name}", detail=f"{member.act} sets no rights")


def _job(call: Call, tx: Transaction, right: str) -> MemberJob:
    """Return the job. One that changes members needs this `right`; for invitations, that to them admits as well."""
    job = MEMBER_JOBS.find(tx, [call.names["fund"]], call.names["job"])
    if job is None:
        raise ApiProblem(NOT_FOUND)
    if job.kind != INVITE:
        call.caller.check_right(right)
    return job


def _faults(tx: Transaction, job: MemberJob) -> Iterator[RowFault]:
    for piece in job_files.places(tx, job.id, job_files.FAULTS):
        kept = job_files.read(tx, job.id, job_files.FAULTS, piece)
        for place, fault in enumerate(msgspec.msgpack.decode(kept, type=list[FaultyMember])):
            shown = FaultyRow(pointer=f"#/members/{fault.row}/{fault.place}", detail=fault.detail)
            yield RowFault(fault.row, place, shown)


def _record(job: MemberJob) -> MemberJobRecord:
    return MemberJobRecord(
        id=job.id,
        kind=job.kind,
        state=job.state,
        reason=job.reason,
        created_at=job.created_at,
        ended_at=job.ended_at,
        done=job.done,
        total=job.total,
        changed=job.changed,
        left_out=job.left_out,
        fault=job.fault or None,
    )


ONCE = "Send an Idempotency-Key: a repeated request then orders nothing twice."
OPERATIONS = (
    Operation(
        method="POST",
        path=FUND + "/member-invitations",
        scope=INVITATIONS_WRITE,
        summary="Invite many members",
        description="The worker mails a code to each address; follow the job. Rows that cannot be done are left out: "
        f"the job lists them. The limit of invitations of a company holds here too. {ONCE}",
        body=NewInvitations,
        answer=MemberJobRecord,
        status=202,
        act=order_invitations,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path=FUND + "/member-changes",
        scope=MEMBERSHIPS_WRITE,
        summary="Change many members",
        description="The worker sets rights, deactivates and reactivates, and tells each member; follow the job. Rows "
        f"that cannot be done are left out, such as those of a last administrator: the job lists them. {ONCE}",
        body=NewMemberChanges,
        answer=MemberJobRecord,
        status=202,
        act=order_member_changes,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="GET",
        path=JOBS,
        scope=MEMBERSHIPS_READ,
        summary="List jobs of members",
        description="The newest first.",
        query=PageQuery,
        answer=ResultPage[MemberJobRecord],
        act=list_member_jobs,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path=JOBS + "/{job}",
        scope=MEMBERSHIPS_READ,
        or_scope=INVITATIONS_READ,
        summary="Read how far a job of members is",
        answer=MemberJobRecord,
        act=read_member_job,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path=JOBS + "/{job}/faults",
        scope=MEMBERSHIPS_READ,
        or_scope=INVITATIONS_READ,
        summary="List the rows of a job of members that brought nothing",
        description="Kept for a week.",
        query=PageQuery,
        answer=ResultPage[FaultyRow],
        act=list_faulty_members,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path=JOBS + "/{job}/discard",
        scope=MEMBERSHIPS_WRITE,
        or_scope=INVITATIONS_WRITE,
        summary="End a job of members",
        description="What it has changed by then stays. The right to invitations does for a job of invitations.",
        body=Because,
        status=204,
        act=discard_member_job,
        refusals=(NOT_FOUND, STATE),
    ),
)
