"""The work on an ordered job: its register is stored, codes are drawn, files are made; in parts that are done once.

A part consumes what the one before left: lines up to `done`, a piece of numbers, a piece of drawn codes. It deletes
that, and writes what it made, in one transaction.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import msgspec

from idp.actions import letters as actions
from idp.actions.actor import acting
from idp.actions.letter_jobs import PART
from idp.api.rights import LETTERS_WRITE
from idp.audit import log
from idp.audit.events.imports import ImportFinished
from idp.database import Transaction
from idp.imports import run
from idp.imports.insured_persons import InsuredPersons
from idp.imports.run import Chunk, Tally
from idp.invitations.letters import print_run, print_shop
from idp.invitations.letters.faulty_lines import FaultyLine, packed
from idp.invitations.letters.job import JobState, waiting_elsewhere
from idp.invitations.letters.letter import CodeOnPaper, Letter
from idp.invitations.letters.print_run import DrawnLetter, LetterOrder, SkippedNumber
from idp.jobs import job_files
from idp.people import insured
from idp.people.insured import InsuredDetails, RegisterEntry
from idp.upkeep.held_job import NO_RIGHT
from idp.upkeep.held_letter_job import HeldLetterJob, importer_of, order_of
from idp.upkeep.register_lines import lines_of, once_each
from idp.wording import text

ELSEWHERE = text("A letter for this person waits in another file that has not been downloaded yet.")


class DrawnCode(msgspec.Struct, frozen=True, array_like=True):
    """A code that was drawn and is not printed yet."""

    number: str
    reference: str
    code: str
    expires_at: datetime


def import_register(held: HeldLetterJob) -> None:
    """Store the lines of the register that can be used."""
    importer = importer_of(held, held.press())
    with lines_of(held) as lines:
        source = once_each(lines)
        stored = sum(1 for _ in islice(source, held.job.done))
        for part, chunk in enumerate(run.chunks(source, importer, Tally(), size=PART), start=stored // PART):
            with held.part() as tx:
                _store(tx, held, importer, part, chunk)
    with held.part() as tx:
        _conclude_import(tx, held)


def draw_codes(held: HeldLetterJob) -> None:
    """Draw a code for everybody who gets a letter; where a program gave the numbers, note the rows that get none.

    A program needs its right at every part.
    """
    order = order_of(held, held.press())
    for part in _places(held, job_files.NUMBERS):
        if not held.may(LETTERS_WRITE):
            held.fail(NO_RIGHT)
            return
        with held.provider.database.reading() as tx:
            numbers = msgspec.msgpack.decode(job_files.read(tx, held.job.id, job_files.NUMBERS, part), type=list[str])
            readers, left_out = _selected(tx, order, list(filter(None, numbers)))
        with held.part() as tx:
            drawn = actions.issue_letters(tx, order, readers, by=held.author, reason=held.job.reason)
            if drawn:
                job_files.write(tx, held.job.id, job_files.DRAWN, part, _encoded(drawn))
            if left_out and held.job.is_of_numbers:
                faults = _rows(numbers, left_out, first=part * PART + 1)
                job_files.write(tx, held.job.id, job_files.FAULTS, part, packed(faults))
            job_files.delete_one(tx, held.job.id, job_files.NUMBERS, part)
            skipped = Counter(each.reason.msgid for each in left_out)
            result = {
                "letters": held.job.letters + len(drawn),
                "skipped": _added(held.job.result.get("skipped"), skipped),
            }
            held.keep(tx, done=held.job.done + len(numbers), result=held.job.result | result)
    with held.part() as tx:
        held.keep(tx, state=JobState.PRINTING, done=0, total=held.job.letters)


def make_files(held: HeldLetterJob) -> None:
    """Make the letters of the codes that were drawn, as pages or as lines for a print shop."""
    order = order_of(held, held.press())
    for part in _places(held, job_files.DRAWN):
        with held.provider.database.reading() as tx:
            letters = _letters(tx, order, job_files.read(tx, held.job.id, job_files.DRAWN, part))
        if held.job.format == "pdf":
            file = print_run.pdf_of(letters)
        else:
            file = print_shop.csv_of(letters, is_begin=held.job.done == 0)
        with held.part() as tx:
            job_files.write(tx, held.job.id, job_files.PRINTED, part, file)
            job_files.delete_one(tx, held.job.id, job_files.DRAWN, part)
            held.keep(tx, done=held.job.done + len(letters))
    with held.part() as tx:
        _conclude(tx, held, order)


def _store(
    tx: Transaction, held: HeldLetterJob, importer: InsuredPersons, part: int, chunk: Chunk[RegisterEntry]
) -> None:
    tally = Tally()
    refused = len(chunk.bad) + len(importer.store(tx, chunk.understood, tally))
    numbers = [entry.number for _, entry in chunk.understood]
    if numbers:
        job_files.write(tx, held.job.id, job_files.NUMBERS, part, msgspec.msgpack.encode(numbers))
    counted = Counter(created=tally.created, updated=tally.updated, refused=refused, numbers=len(numbers))
    held.keep(tx, done=held.job.done + chunk.lines, result=_added(held.job.result, counted))


def _conclude_import(tx: Transaction, held: HeldLetterJob) -> None:
    job, counted = held.job, _added(held.job.result, Counter())
    event = ImportFinished(
        client_id=job.client_id,
        kind="insured-persons",
        fund=job.fund,
        created=counted.get("created", 0),
        updated=counted.get("updated", 0),
        unchanged=0,
        refused=counted.get("refused", 0),
        reason=job.reason,
    )
    with acting(tx, held.author, reason=job.reason):
        log.record(tx, event)
    job_files.delete(tx, job.id, job_files.UPLOAD)
    held.keep(tx, state=JobState.DRAWING, done=0, total=counted.get("numbers", 0))


def _conclude(tx: Transaction, held: HeldLetterJob, order: LetterOrder) -> None:
    """Wait for somebody to collect the file; a job without letters is over."""
    free = {"holder": "", "held_until": None}
    if held.job.letters:
        held.keep(tx, state=JobState.READY, **free)
        return
    actions.finish_campaign(tx, order, letters=0, by=held.author, reason=held.job.reason)
    held.keep(tx, state=JobState.FINISHED, ended_at=tx.now, **free)


def _places(held: HeldLetterJob, kind: str) -> list[int]:
    with held.provider.database.reading() as tx:
        return job_files.places(tx, held.job.id, kind)


def _selected(
    tx: Transaction, order: LetterOrder, numbers: Sequence[str]
) -> tuple[list[InsuredDetails], list[SkippedNumber]]:
    """Return who gets a letter now, and the numbers that get none."""
    readers, left_out = print_run.select(tx, order, numbers)
    elsewhere = waiting_elsewhere(tx, order.campaign_id, [reader.id for reader in readers])
    left_out += [SkippedNumber(reader.number, ELSEWHERE) for reader in readers if reader.id in elsewhere]
    return [reader for reader in readers if reader.id not in elsewhere], left_out


def _rows(numbers: Sequence[str], left_out: Sequence[SkippedNumber], *, first: int) -> list[FaultyLine]:
    """Return the rows of a request that get no letter, counted from 1."""
    row = {number: place for place, number in enumerate(numbers, start=first)}
    return [FaultyLine(row[each.number], is_kept=True, reason=each.reason.msgid) for each in left_out]


def _encoded(drawn: Sequence[DrawnLetter]) -> bytes:
    codes = [
        DrawnCode(each.reader.number, each.issued.reference, each.issued.grouped, each.issued.expires_at)
        for each in drawn
    ]
    return msgspec.msgpack.encode(codes)


def _letters(tx: Transaction, order: LetterOrder, piece: bytes) -> list[Letter]:
    codes = msgspec.msgpack.decode(piece, type=list[DrawnCode])
    readers = insured.by_numbers(tx, order.letterhead.fund.code, [each.number for each in codes])
    return [
        print_run.letter_for(order, CodeOnPaper(each.reference, each.code, each.expires_at), readers[each.number])
        for each in codes
    ]


def _added(before: object, more: Counter[str]) -> dict[str, int]:
    """Return the counts with these added; whatever is no count is left out."""
    known = before if isinstance(before, dict) else {}
    counted = Counter({name: count for name, count in known.items() if isinstance(count, int)})
    return dict(counted + more) if more else dict(counted)
