"""Many members of a fund's companies: invited, given rights, deactivated, reactivated, as a job of the worker.

Each row is the act on one member (`idp.actions.members`), with its mail, limit and event. A row that cannot be done
changes nothing and is kept as a fault; the others are done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from idp.actions import members
from idp.actions.actor import SYSTEM, Actor, acting
from idp.actions.invitations import Sender
from idp.actions.invitees import MemberFault, TypedInvitee, faults_of_topics, read_invitee
from idp.actions.members import Invitee
from idp.audit import log
from idp.audit.events.organisations import MemberJobDiscarded, MemberJobFinished, MemberJobOrdered
from idp.database import Transaction
from idp.jobs import job_files, leased_job
from idp.organisations import member_list, memberships, organisation
from idp.organisations.member_job import INVITE, MEMBER_JOBS, WORKING, Kind, MemberJob
from idp.organisations.membership import Membership
from idp.organisations.memberships import AlreadyInvited, LastAdministrator, NotFound, Rights
from idp.organisations.organisation import Organisation

NOT_DONE = "no worker did the acts in time"
PART = 50
"""Rows of one transaction: it keeps the companies of its rows from other changes of their members."""

NO_COMPANY = MemberFault("company", "The fund has no such company.")
NO_MEMBER = MemberFault("member", "The company has no such member.")
LISTED = MemberFault("email", "The list of the company has this address already.")
TOO_MANY = MemberFault("company", "The company has had too many invitations today.")
LAST = MemberFault("member", "The company would be left without an administrator.")
WRONG_STATE = MemberFault("member", "The member is not in the state that this needs.")


class InvitationRow(msgspec.Struct, frozen=True, array_like=True):
    """A person to invite to the company with this number."""

    company: str
    email: str
    given_name: str
    family_name: str
    administrator: bool
    topics: tuple[str, ...]


class ChangeRow(msgspec.Struct, frozen=True, array_like=True):
    """A change of a member of the company with this number. Rights are set by `set-rights` alone."""

    company: str
    member: str
    act: Literal["set-rights", "deactivate", "reactivate"]
    administrator: bool = False
    topics: tuple[str, ...] = ()


class FaultyMember(msgspec.Struct, frozen=True, array_like=True):
    """A fault of a row, counted from 0. It holds no value of the row."""

    row: int
    place: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Performance:
    """The terms of the acts: who does them and why, and how the fund's portal writes to a company's people.

    `counts`: whether one more invitation of this company (its id) is within its limit; it counts it.
    """

    by: Actor
    reason: str
    sender: Callable[[Organisation], Sender]
    counts: Callable[[Transaction, str], bool]


@dataclass(frozen=True, kw_only=True)
class OrderedMembers:
    """Rows of one kind, for companies of this fund, whose portal is `client_id`."""

    client_id: str
    fund: str
    kind: Kind
    rows: Sequence[InvitationRow] | Sequence[ChangeRow]


def order(tx: Transaction, wanted: OrderedMembers, *, by: Actor, reason: str) -> str:
    """Let the worker do the acts of these rows; returns the id of the job."""
    job_id = leased_job.new_id(tx)
    for place, start in enumerate(range(0, len(wanted.rows), PART)):
        job_files.write(tx, job_id, job_files.ROWS, place, msgspec.msgpack.encode(wanted.rows[start : start + PART]))
    told = {"client_id": wanted.client_id, "fund": wanted.fund, "kind": wanted.kind, "reason": reason}
    with acting(tx, by, reason=reason):
        MEMBER_JOBS.create(tx, job_id=job_id, state=WORKING, total=len(wanted.rows), **told)
        log.record(tx, MemberJobOrdered(job_id=job_id, rows=len(wanted.rows), **told))
    return job_id


def perform(tx: Transaction, job: MemberJob, piece: bytes, terms: Performance) -> tuple[int, list[FaultyMember]]:
    """Do the acts of one piece of rows, the first of which is number `job.done`.

    Returns how many rows there were, and the faults of those that changed nothing.
    """
    if job.kind == INVITE:
        invitations = msgspec.msgpack.decode(piece, type=list[InvitationRow])
        companies = _locked(tx, job.fund, [row.company for row in invitations])
        found = [_invite(tx, companies.get(row.company), row, terms) for row in invitations]
    else:
        changes = msgspec.msgpack.decode(piece, type=list[ChangeRow])
        companies = _locked(tx, job.fund, [row.company for row in changes])
        found = [_change(tx, companies.get(row.company), row, terms) for row in changes]
    faults = [
        FaultyMember(number, fault.place, fault.detail)
        for number, of_row in enumerate(found, start=job.done)
        for fault in of_row
    ]
    return len(found), faults


def finish(tx: Transaction, job: MemberJob, *, by: Actor) -> None:
    """Record that all rows were worked off."""
    with acting(tx, by, reason=job.reason):
        told = {"client_id": job.client_id, "fund": job.fund, "kind": job.kind}
        log.record(tx, MemberJobFinished(job_id=job.id, changed=job.changed, left_out=job.left_out, **told))


def discard(tx: Transaction, job: MemberJob, *, by: Actor, reason: str) -> bool:
    """End a job; False: it is over already. What it has changed stays, and so do its faults."""
    if not MEMBER_JOBS.discard(tx, job.id):
        return False
    job_files.delete(tx, job.id, job_files.ROWS)
    told = {"client_id": job.client_id, "fund": job.fund, "kind": job.kind}
    with acting(tx, by, reason=reason):
        log.record(tx, MemberJobDiscarded(job_id=job.id, reason=reason, **told))
    return True


def discard_waiting(tx: Transaction, before: datetime, most: int) -> int:
    """Discard at most so many jobs whose rows have waited since before that moment; returns how many."""
    return sum(discard(tx, job, by=SYSTEM, reason=NOT_DONE) for job in MEMBER_JOBS.overdue(tx, before, most))


def _locked(tx: Transaction, fund: str, numbers: Sequence[str]) -> dict[str, Organisation]:
    """Return the companies by number, as they are from now on: two jobs take them in one order."""
    known = [organisation.by_number(tx, fund, number) for number in sorted(set(numbers))]
    companies = sorted((each for each in known if each is not None), key=lambda each: each.id)
    for company in companies:
        organisation.lock(tx, company.id)
        tx.session.refresh(company)
    return {company.number: company for company in companies}


def _invite(tx: Transaction, company: Organisation | None, row: InvitationRow, terms: Performance) -> list[MemberFault]:
    if company is None or company.state != organisation.ACTIVE:
        return [_not_open(company)]
    sender = terms.sender(company)
    typed = TypedInvitee(
        email=row.email,
        given_name=row.given_name,
        family_name=row.family_name,
        administrator=row.administrator,
        topics=row.topics,
    )
    invited = read_invitee(typed, sender.client, company)
    if not isinstance(invited, Invitee):
        return invited
    if member_list.is_listed(tx, company.id, invited.email):
        return [LISTED]
    if not terms.counts(tx, company.id):
        return [TOO_MANY]
    outcome = members.invite_member(tx, company, invited, sender, by=terms.by, reason=terms.reason)
    return [LISTED] if isinstance(outcome, AlreadyInvited) else []


def _change(tx: Transaction, company: Organisation | None, row: ChangeRow, terms: Performance) -> list[MemberFault]:
    if company is None or company.state != organisation.ACTIVE:
        return [_not_open(company)]
    membership = memberships.by_id(tx, row.member)
    if membership is None or membership.organisation_id != company.id:
        return [NO_MEMBER]
    sender, by, reason = terms.sender(company), terms.by, terms.reason
    if row.act == "set-rights":
        if faults := faults_of_topics(row.topics, sender.client, company):
            return faults
        rights = Rights(is_administrator=row.administrator, topics=row.topics)
        return _refused(members.change_rights(tx, row.member, rights, sender, by=by, reason=reason))
    if row.act == "deactivate":
        return _refused(members.deactivate_member(tx, row.member, sender, by=by, reason=reason))
    return _refused(members.reactivate_member(tx, row.member, sender, by=by, reason=reason))


def _refused(outcome: Membership | LastAdministrator | NotFound) -> list[MemberFault]:
    if isinstance(outcome, Membership):
        return []
    return [LAST if isinstance(outcome, LastAdministrator) else WRONG_STATE]


def _not_open(company: Organisation | None) -> MemberFault:
    return NO_COMPANY if company is None else MemberFault("company", f"The company is {company.state}.")
