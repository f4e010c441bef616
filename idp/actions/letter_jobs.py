"""Letters for many: a register is uploaded, its letters are ordered, their file is collected once.

The worker does the work in between (`idp.upkeep.letter_work`), in the name of whoever ordered it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import msgspec

from idp.actions import letters
from idp.actions.actor import Actor, acting
from idp.audit import log
from idp.audit.events.invitations import LetterFileCollected, LetterJobDiscarded, LettersOrdered, RegisterUploaded
from idp.database import Transaction
from idp.invitations import campaigns
from idp.invitations.campaigns import Campaign
from idp.invitations.letters import job as jobs
from idp.invitations.letters import job_files
from idp.invitations.letters.job import JobState, LetterChoice, LetterJob

PART = 250
"""Letters whose codes are drawn in one transaction, and that make one file: a jam in the printer costs one file."""


@dataclass(frozen=True, kw_only=True)
class UploadedRegister:
    """A register whose pieces are stored already, under the id of the job that it becomes. `size` in bytes."""

    job_id: str
    client_id: str
    fund: str
    file_name: str
    size: int


def upload(tx: Transaction, register: UploadedRegister, *, by: Actor, reason: str) -> None:
    """Let the worker check the register: it stores nothing of it, and lists every faulty line."""
    with acting(tx, by, reason=reason):
        jobs.create(tx, state=JobState.CHECKING, reason=reason, **asdict(register))
        event = RegisterUploaded(
            job_id=register.job_id,
            client_id=register.client_id,
            fund=register.fund,
            size=register.size,
            reason=reason,
        )
        log.record(tx, event)


def order(tx: Transaction, job: LetterJob, choice: LetterChoice, *, by: Actor) -> bool:
    """Order the letters of a register that was checked; False: it does not wait for that any more."""
    chosen = {**asdict(choice), "ordered_by": by.text, "done": 0}
    if not jobs.advance(tx, job.id, when=JobState.CHECKED, state=JobState.IMPORTING, **chosen):
        return False
    campaign = letters.begin_campaign(tx, client_id=job.client_id, fund=job.fund, by=by, reason=job.reason)
    jobs.advance(tx, job.id, when=JobState.IMPORTING, campaign_id=campaign)
    with acting(tx, by, reason=job.reason):
        log.record(tx, _ordered(job.id, job.client_id, job.fund, campaign, "", choice, job.reason))
    return True


def issue_again(
    tx: Transaction, campaign: Campaign, numbers: Sequence[str], choice: LetterChoice, *, by: Actor, reason: str
) -> str:
    """Order new letters for these readers of a campaign; returns the id of the job."""
    job_id = jobs.new_id(tx)
    begun = letters.begin_campaign(tx, client_id=campaign.client_id, fund=campaign.fund, by=by, reason=reason)
    for place, start in enumerate(range(0, len(numbers), PART)):
        part = msgspec.msgpack.encode(list(numbers[start : start + PART]))
        job_files.write(tx, job_id, job_files.NUMBERS, place, part)
    with acting(tx, by, reason=reason):
        jobs.create(
            tx,
            job_id=job_id,
            client_id=campaign.client_id,
            fund=campaign.fund,
            state=JobState.DRAWING,
            reason=reason,
            ordered_by=by.text,
            campaign_id=begun,
            of_campaign=campaign.id,
            total=len(numbers),
            **asdict(choice),
        )
        log.record(tx, _ordered(job_id, campaign.client_id, campaign.fund, begun, campaign.id, choice, reason))
    return job_id


def collect(tx: Transaction, job: LetterJob, *, by: Actor) -> bool:
    """Hand the file of a job over, once; False: somebody has collected it. Its letters count as sent from now on."""
    ended = {"state": JobState.FINISHED, "ended_at": tx.now, "collected_by": by.text}
    if not jobs.advance(tx, job.id, when=JobState.READY, **ended):
        return False
    told = {"client_id": job.client_id, "campaign_id": job.campaign_id, "fund": job.fund}
    with acting(tx, by, reason=job.reason):
        log.record(tx, LetterFileCollected(job_id=job.id, letters=job.letters, **told))
        campaigns.finish(
            tx, job.campaign_id, client_id=job.client_id, fund=job.fund, letters=job.letters, reason=job.reason
        )
    return True


def discard(tx: Transaction, job: LetterJob, *, by: Actor, reason: str) -> bool:
    """End a job and delete its files; False: it is over already. Codes that were drawn reach nobody."""
    if not jobs.discard(tx, job.id):
        return False
    for kind in job_files.KINDS:
        job_files.delete(tx, job.id, kind)
    told = {"client_id": job.client_id, "campaign_id": job.campaign_id, "fund": job.fund}
    with acting(tx, by, reason=reason):
        log.record(tx, LetterJobDiscarded(job_id=job.id, reason=reason, **told))
    return True


def _ordered(
    job_id: str, client_id: str, fund: str, campaign: str, again: str, choice: LetterChoice, reason: str
) -> LettersOrdered:
    return LettersOrdered(
        client_id=client_id,
        job_id=job_id,
        campaign_id=campaign,
        of_campaign=again,
        fund=fund,
        design=choice.design,
        language=choice.language,
        format=choice.format,
        reason=reason,
    )
