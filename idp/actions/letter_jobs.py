"""Letters for many: a register is uploaded, its letters are ordered, their file is collected once.

The worker does the work in between (`idp.upkeep.job_work`), in the name of whoever ordered it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil

import msgspec

from idp.actions import letters
from idp.actions.actor import SYSTEM, Actor, acting
from idp.audit import log
from idp.audit.events.invitations import LetterFileCollected, LetterJobDiscarded, LettersOrdered, RegisterUploaded
from idp.database import Transaction
from idp.invitations import campaigns
from idp.invitations.campaigns import Campaign
from idp.invitations.letters import faulty_lines
from idp.invitations.letters.faulty_lines import FaultyLine
from idp.invitations.letters.job import LETTER_JOBS, JobState, LetterChoice, LetterJob
from idp.jobs import job_files, leased_job
from idp.jobs.job_files import NUMBERS, PIECE, UPLOAD
from idp.wording import text

TWICE = text("An earlier line has the same number.")
NOT_ORDERED = "nobody ordered the letters in time"
NOT_MADE = "no worker made the letters in time"
NOT_COLLECTED = "nobody collected the letters in time"
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
        LETTER_JOBS.create(
            tx, state=JobState.CHECKING, reason=reason, design="portal", format="pdf", **asdict(register)
        )
        event = RegisterUploaded(
            job_id=register.job_id,
            client_id=register.client_id,
            fund=register.fund,
            size=register.size,
            reason=reason,
        )
        log.record(tx, event)


def order(tx: Transaction, job: LetterJob, choice: LetterChoice, *, by: Actor) -> bool:
    """Order the letters of a job that was checked; False: it does not wait for that any more, or its files are gone."""
    if not _has_its_files(tx, job):
        return False
    then = JobState.IMPORTING if job.has_register else JobState.DRAWING
    chosen = {**asdict(choice), "ordered_by": by.text, "done": 0}
    if not LETTER_JOBS.advance(tx, job.id, when=JobState.CHECKED, state=then, **chosen):
        return False
    campaign = letters.begin_campaign(tx, client_id=job.client_id, fund=job.fund, by=by, reason=job.reason)
    LETTER_JOBS.advance(tx, job.id, when=then, campaign_id=campaign)
    with acting(tx, by, reason=job.reason):
        log.record(tx, _ordered(job, campaign, choice))
    return True


def choose(tx: Transaction, job: LetterJob, choice: LetterChoice) -> bool:
    """Keep the choice for letters whose order somebody else decides; False: as for `order`."""
    return _has_its_files(tx, job) and LETTER_JOBS.advance(tx, job.id, when=JobState.CHECKED, **asdict(choice))


@dataclass(frozen=True, kw_only=True)
class NumberedLetters:
    """Letters to these numbers of a fund's register. `of_campaign` is the campaign whose letters are issued again."""

    client_id: str
    fund: str
    numbers: Sequence[str]
    of_campaign: str = ""


def of_campaign(tx: Transaction, campaign: Campaign, numbers: Sequence[str], *, by: Actor, reason: str) -> LetterJob:
    """Make a job, to be ordered, of new letters for these readers of a campaign."""
    wanted = NumberedLetters(client_id=campaign.client_id, fund=campaign.fund, numbers=numbers, of_campaign=campaign.id)
    return _of_numbers(tx, wanted, by=by, reason=reason)


def order_numbers(tx: Transaction, wanted: NumberedLetters, choice: LetterChoice, *, by: Actor, reason: str) -> str:
    """Order letters to people of the register, whose codes the worker draws; returns the id of the job.

    A number that stands twice brings one letter: the later row counts among the faulty ones.
    """
    job = _of_numbers(tx, wanted, by=by, reason=reason)
    order(tx, job, choice, by=by)
    return job.id


def collect_part(tx: Transaction, job: LetterJob, *, by: Actor) -> tuple[bytes, int] | None:
    """Hand over the next part of a job's file, once, and say how many parts are left; None: there is none.

    With the last part the letters count as sent.
    """
    if job.state != JobState.READY:
        return None
    part = job_files.take_first(tx, job.id, job_files.PRINTED)
    if part is None:
        return None
    left = len(job_files.places(tx, job.id, job_files.PRINTED))
    if not left and not collect(tx, job, by=by):
        return None
    return part, left


def collect(tx: Transaction, job: LetterJob, *, by: Actor) -> bool:
    """Hand the file of a job over, once; False: somebody has collected it. Its letters count as sent from now on."""
    ended = {"state": JobState.FINISHED, "ended_at": tx.now, "collected_by": by.text}
    if not LETTER_JOBS.advance(tx, job.id, when=JobState.READY, **ended):
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
    if not LETTER_JOBS.discard(tx, job.id):
        return False
    for kind in job_files.KINDS:
        job_files.delete(tx, job.id, kind)
    told = {"client_id": job.client_id, "campaign_id": job.campaign_id, "fund": job.fund}
    with acting(tx, by, reason=reason):
        log.record(tx, LetterJobDiscarded(job_id=job.id, reason=reason, **told))
    return True


def discard_waiting(tx: Transaction, before: datetime, most: int) -> int:
    """Discard at most so many jobs whose files have waited since before that moment; returns how many."""
    reasons = {JobState.CHECKED: NOT_ORDERED, JobState.READY: NOT_COLLECTED}
    found = LETTER_JOBS.overdue(tx, before, most)
    return sum(discard(tx, job, by=SYSTEM, reason=reasons.get(job.state, NOT_MADE)) for job in found)


def _has_its_files(tx: Transaction, job: LetterJob) -> bool:
    """Return whether every piece of the register, or of the numbers, is still there."""
    kind, whole, each = (UPLOAD, job.size, PIECE) if job.has_register else (NUMBERS, job.total, PART)
    return job_files.places(tx, job.id, kind) == list(range(ceil(whole / each)))


def _of_numbers(tx: Transaction, wanted: NumberedLetters, *, by: Actor, reason: str) -> LetterJob:
    """Make a job, to be ordered, of letters to these numbers."""
    job_id = leased_job.new_id(tx)
    once, repeated = _once_each(wanted.numbers)
    parts = [once[start : start + PART] for start in range(0, len(once), PART)]
    for place, part in enumerate(parts):
        job_files.write(tx, job_id, job_files.NUMBERS, place, msgspec.msgpack.encode(part))
    if repeated:  # behind the pieces that the worker may write
        job_files.write(tx, job_id, job_files.FAULTS, len(parts), faulty_lines.packed(repeated))
    with acting(tx, by, reason=reason):
        LETTER_JOBS.create(
            tx,
            job_id=job_id,
            client_id=wanted.client_id,
            fund=wanted.fund,
            state=JobState.CHECKED,
            reason=reason,
            design="portal",
            format="pdf",
            of_campaign=wanted.of_campaign,
            total=len(once),
            result={"skipped": {TWICE.msgid: len(repeated)}} if repeated else {},
        )
    return LETTER_JOBS.read(tx, job_id)


def _once_each(numbers: Sequence[str]) -> tuple[list[str], list[FaultyLine]]:
    """Return a number for each row, empty where an earlier one has the same; and those rows, counted from 1."""
    first: dict[str, int] = {}
    for row, number in enumerate(numbers, start=1):
        first.setdefault(number, row)
    repeated = [row for row, number in enumerate(numbers, start=1) if first[number] != row]
    once = [number if first[number] == row else "" for row, number in enumerate(numbers, start=1)]
    return once, [FaultyLine(row, is_kept=True, reason=TWICE.msgid) for row in repeated]


def _ordered(job: LetterJob, campaign: str, choice: LetterChoice) -> LettersOrdered:
    return LettersOrdered(
        client_id=job.client_id,
        job_id=job.id,
        campaign_id=campaign,
        of_campaign=job.of_campaign,
        fund=job.fund,
        design=choice.design,
        language=choice.language,
        format=choice.format,
        reason=job.reason,
    )
