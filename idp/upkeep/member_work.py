"""The work on a job of members: its rows are worked off piece by piece, each piece once."""

import msgspec

from idp.actions import invitations, member_jobs
from idp.actions.invitations import Sender
from idp.actions.member_jobs import Performance
from idp.api.rights import INVITATIONS_WRITE, MEMBERSHIPS_WRITE
from idp.database import Transaction
from idp.invitations.letters.fund_letters import FundLetters
from idp.jobs import job_files
from idp.limits.rate_limit import LimitHit
from idp.organisations.member_job import FINISHED, INVITE, MemberJob
from idp.organisations.organisation import Organisation
from idp.upkeep.held_job import NO_RIGHT, HeldJob

LIMIT = "company_invitations"


def work(held: HeldJob[MemberJob]) -> None:
    """Do the acts of all rows that are left, as long as the program has the right to them."""
    press, right = held.press(), INVITATIONS_WRITE if held.job.kind == INVITE else MEMBERSHIPS_WRITE
    with held.provider.database.reading() as tx:
        places = job_files.places(tx, held.job.id, job_files.ROWS)
    for place in places:
        if not held.may(right):
            held.fail(NO_RIGHT)
            return
        with held.part() as tx:
            _work_off(tx, held, press, place)
    with held.part() as tx:
        member_jobs.finish(tx, held.job, by=held.author)
        held.keep(tx, state=FINISHED, ended_at=tx.now, holder="", held_until=None)


def _work_off(tx: Transaction, held: HeldJob[MemberJob], press: FundLetters, place: int) -> None:
    job = held.job
    piece = job_files.read(tx, job.id, job_files.ROWS, place)
    count, faults = member_jobs.perform(tx, job, piece, _terms(held, press))
    job_files.delete_one(tx, job.id, job_files.ROWS, place)
    if faults:
        job_files.write(tx, job.id, job_files.FAULTS, place, msgspec.msgpack.encode(faults))
    left_out = len({fault.row for fault in faults})
    result = {"changed": job.changed + count - left_out, "left_out": job.left_out + left_out}
    held.keep(tx, done=job.done + count, result=result)


def _terms(held: HeldJob[MemberJob], press: FundLetters) -> Performance:
    provider = held.provider

    def sender(company: Organisation) -> Sender:
        return invitations.sender_to(company, press, provider.settings.server.issuer)

    def counts(tx: Transaction, organisation_id: str) -> bool:
        return not isinstance(provider.limiter.debit(tx, LIMIT, organisation_id), LimitHit)

    return Performance(by=held.author, reason=held.job.reason, sender=sender, counts=counts)
