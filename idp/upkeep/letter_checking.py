"""The dry run of an uploaded register: every faulty line, and how many would get a letter. It stores nothing else.

A check that broke off begins again: it changed nothing.
"""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from idp.imports import run
from idp.imports.lines import UnusableFile
from idp.imports.run import Chunk, Tally
from idp.invitations.letters import print_run
from idp.invitations.letters.faulty_lines import FaultyLine, packed
from idp.invitations.letters.job import JobState
from idp.invitations.letters.print_run import LetterOrder
from idp.jobs import job_files
from idp.people import insured
from idp.people.insured import InsuredDetails, RegisterEntry
from idp.upkeep.held_letter_job import HeldLetterJob, importer_of
from idp.upkeep.register_lines import lines_of, once_each

EMPTY = "the file has no line below its headings"
LINES = 500
"""Lines of one part."""


@dataclass
class Forecast:
    """The numbers that the check foresees. `skipped`: reason → how many get no letter."""

    lines: int = 0
    refused: int = 0
    created: int = 0
    updated: int = 0
    letters: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def check(held: HeldLetterJob) -> None:
    """Read the whole register, and say what would come of it."""
    forecast = Forecast()
    with held.part() as tx:
        job_files.delete(tx, held.job.id, job_files.FAULTS)
        held.keep(tx, done=0, total=held.job.size, tries=held.job.tries)
    _read(held, forecast)
    if not forecast.lines:
        raise UnusableFile(EMPTY)
    with held.part() as tx:
        told = msgspec.to_builtins(forecast)
        held.keep(tx, state=JobState.CHECKED, forecast=told, done=0, total=forecast.lines, holder="", held_until=None)


def _read(held: HeldLetterJob, forecast: Forecast) -> None:
    press = held.press()
    order, importer = press.order("", replace_live=False), importer_of(held, press)
    with lines_of(held) as lines:
        for part, chunk in enumerate(run.chunks(once_each(lines), importer, Tally(), size=LINES)):
            faults = _foreseen(held, order, chunk, forecast)
            with held.part() as tx:
                if faults:
                    job_files.write(tx, held.job.id, job_files.FAULTS, part, packed(faults))
                held.keep(tx, done=lines.position, tries=held.job.tries)  # broken off, it begins again


def _foreseen(
    held: HeldLetterJob, order: LetterOrder, chunk: Chunk[RegisterEntry], forecast: Forecast
) -> list[FaultyLine]:
    faults = [FaultyLine(line.number, is_kept=False, reason=line.reason) for line in chunk.bad]
    forecast.lines += chunk.lines
    forecast.refused += len(chunk.bad)
    with held.provider.database.reading() as tx:
        fund = order.letterhead.fund.code
        known = insured.by_numbers(tx, fund, [entry.number for _, entry in chunk.understood])
        for number, entry in chunk.understood:
            forecast.created += entry.number not in known
            forecast.updated += entry.number in known
            reason = print_run.reason_against(tx, order, _reader(fund, entry, known.get(entry.number)))
            if reason is None:
                forecast.letters += 1
            else:
                forecast.skipped[reason.msgid] += 1
                faults.append(FaultyLine(number, is_kept=True, reason=reason.msgid))
    return sorted(faults, key=lambda fault: fault.number)


def _reader(fund: str, entry: RegisterEntry, known: InsuredDetails | None) -> InsuredDetails:
    """Return the person of a line, as they would be in the register."""
    return InsuredDetails(
        id=known.id if known is not None else "",
        fund=fund,
        number=entry.number,
        language=entry.language,
        person_id=known.person_id if known is not None else "",
        particulars=entry.particulars,
    )
