"""Letters for many: ordered by thousands of numbers, made by the worker, handed over in parts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import msgspec

from idp.actions import letter_jobs as actions
from idp.actions.letter_jobs import NumberedLetters
from idp.api import faulty_rows
from idp.api.faulty_rows import FaultyRow, RowFault
from idp.api.letters import TYPES, LetterDocument, letters_of
from idp.api.operation import Because, Call, Operation
from idp.api.operations.letters import LetterOptions, RegisterNumber
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import NOT_FOUND, STATE, ApiProblem
from idp.api.rights import LETTERS_READ, LETTERS_WRITE
from idp.database import Transaction
from idp.invitations.letters import faulty_lines
from idp.invitations.letters.faulty_lines import FaultyLine
from idp.invitations.letters.job import LETTER_JOBS, LetterChoice, LetterJob
from idp.jobs import job_files
from idp.wording import SOURCE_LANGUAGE, Text

LARGEST = 10_000
"""Numbers of one request; a body has at most `server.max_body_bytes`."""
JOBS = "/funds/{fund}/letter-jobs"


class NewLetterJob(LetterOptions, frozen=True, kw_only=True):
    numbers: Annotated[
        tuple[RegisterNumber, ...],
        msgspec.Meta(min_length=1, max_length=LARGEST, description="Numbers in the fund's register."),
    ]


class LetterJobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: checking, checked, importing, drawing, printing, ready, finished, discarded or failed.

    `done` of `total` says how far its state is; `left_out` counts the rows so far that bring no letter.
    """

    id: str
    state: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    done: int
    total: int
    letters: int
    left_out: int
    campaign: str | None
    fault: str | None


class LetterJobPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the letters. `parts_left`: how many more there are to collect."""

    document: LetterDocument
    parts_left: int


def order_letter_job(call: Call, tx: Transaction) -> LetterJobRecord:
    asked, fund = call.body(NewLetterJob), letters_of(call)
    if LETTER_JOBS.is_full(tx, fund.fund.code):
        raise ApiProblem(STATE, "Too many jobs of this fund are under way: collect or discard some of them first.")
    numbers = [number.strip() for number in asked.numbers]
    choice = LetterChoice(design="portal", language="", format=asked.format, replace_live=asked.replace)
    wanted = NumberedLetters(client_id=fund.client.client_id, fund=fund.fund.code, numbers=numbers)
    job_id = actions.order_numbers(tx, wanted, choice, by=call.caller.actor, reason=asked.reason)
    return _record(_found(call, tx, job_id))


def list_letter_jobs(call: Call, tx: Transaction) -> ResultPage[LetterJobRecord]:
    asked = call.query(PageQuery)
    found = LETTER_JOBS.of_funds(tx, [call.names["fund"]], limit=asked.limit + 1, before=asked.cursor)
    return page_of(found, asked.limit, cursor=lambda each: each.id, shown=_record)


def read_letter_job(call: Call, tx: Transaction) -> LetterJobRecord:
    return _record(_job(call, tx))


def list_faulty_rows(call: Call, tx: Transaction) -> ResultPage[FaultyRow]:
    asked, job = call.query(PageQuery), _job(call, tx)
    if not job.is_of_numbers:
        raise ApiProblem(STATE, "The register of this job was uploaded at the desk.")
    words = call.provider.wording.translator(SOURCE_LANGUAGE)
    found = [
        RowFault(each.number, 0, FaultyRow(pointer=f"#/numbers/{each.number - 1}", detail=words(_reason(each))))
        for each in _faults(tx, job)
    ]
    return faulty_rows.page(asked, found)


def collect_letter_job(call: Call, tx: Transaction) -> LetterJobPart:
    job = _job(call, tx)
    collected = actions.collect_part(tx, job, by=call.caller.actor)
    if collected is None:
        raise ApiProblem(STATE, f"The job is {job.state}: there is nothing to collect.")
    content, left = collected
    media_type = TYPES["print-shop" if job.format == "print-shop" else "pdf"]
    return LetterJobPart(document=LetterDocument(media_type=media_type, content=content), parts_left=left)


def discard_letter_job(call: Call, tx: Transaction) -> None:
    job = _job(call, tx)
    if not actions.discard(tx, job, by=call.caller.actor, reason=call.reason):
        raise ApiProblem(STATE, f"The job is {job.state}.")


def _job(call: Call, tx: Transaction) -> LetterJob:
    return _found(call, tx, call.names["job"])


def _found(call: Call, tx: Transaction, job_id: str) -> LetterJob:
    job = LETTER_JOBS.find(tx, [call.names["fund"]], job_id)
    if job is None:
        raise ApiProblem(NOT_FOUND)
    return job


def _faults(tx: Transaction, job: LetterJob) -> Iterator[FaultyLine]:
    """Yield the rows that bring no letter."""
    for place in job_files.places(tx, job.id, job_files.FAULTS):
        yield from faulty_lines.faults_in(job_files.read(tx, job.id, job_files.FAULTS, place))


def _reason(fault: FaultyLine) -> Text:
    return Text(fault.reason, {"characters": "…"})


def _record(job: LetterJob) -> LetterJobRecord:
    return LetterJobRecord(
        id=job.id,
        state=job.state,
        reason=job.reason,
        created_at=job.created_at,
        ended_at=job.ended_at,
        done=job.done,
        total=job.total,
        letters=job.letters,
        left_out=job.left_out,
        campaign=job.campaign_id or None,
        fault=job.fault or None,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path=JOBS,
        scope=LETTERS_WRITE,
        summary="Order letters for many",
        description="The worker makes them; follow the job. People who have an account or hold a valid letter are left "
        "out, as are numbers that are not in the register: the job lists these rows. Send an Idempotency-Key: a "
        "repeated request then orders nothing twice.",
        body=NewLetterJob,
        answer=LetterJobRecord,
        status=202,
        act=order_letter_job,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="GET",
        path=JOBS,
        scope=LETTERS_READ,
        summary="List jobs of letters for many",
        description="The newest first, those that the desk ordered too.",
        query=PageQuery,
        answer=ResultPage[LetterJobRecord],
        act=list_letter_jobs,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path=JOBS + "/{job}",
        scope=LETTERS_READ,
        summary="Read how far a job of letters is",
        description="Drawing codes, printing, then ready to be collected for a week.",
        answer=LetterJobRecord,
        act=read_letter_job,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path=JOBS + "/{job}/faults",
        scope=LETTERS_READ,
        summary="List the rows of a job that bring no letter",
        query=PageQuery,
        answer=ResultPage[FaultyRow],
        act=list_faulty_rows,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path=JOBS + "/{job}/collect",
        scope=LETTERS_WRITE,
        summary="Collect the next part of the letters",
        description="Each part is handed over once. With the last one the letters count as sent. The document holds "
        "codes in clear: print it, and delete it. Send an Idempotency-Key: a repeated request brings the same part.",
        answer=LetterJobPart,
        act=collect_letter_job,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path=JOBS + "/{job}/discard",
        scope=LETTERS_WRITE,
        summary="Discard a job of letters",
        description="It ends, and its letters are deleted: their codes reach nobody.",
        body=Because,
        status=204,
        act=discard_letter_job,
        refusals=(NOT_FOUND, STATE),
    ),
)
