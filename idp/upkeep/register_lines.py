"""The lines of an uploaded register: read from the sealed pieces, each number once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader

from idp.imports.formats import ImportLines, read_lines
from idp.imports.insured_persons import COLUMNS
from idp.imports.lines import BadLine, ImportLine, UnusableFile
from idp.jobs.job_files import PIECE, StoredUpload
from idp.upkeep.held_letter_job import HeldLetterJob

TWICE = "number: on an earlier line of this file already"
MOST_LINES = 1_000_000
TOO_LONG = "more than a million lines: split the file"


@contextmanager
def lines_of(held: HeldLetterJob) -> Iterator[ImportLines]:
    """Open the register of a job. Raises `UnusableFile`, also while it is read."""
    upload = StoredUpload(held.provider.database, held.job.id, held.job.size)
    raw: BufferedReader = BufferedReader(upload, PIECE)
    with raw:
        yield read_lines(raw, held.job.file_name, COLUMNS)


def once_each(lines: Iterable[ImportLine | BadLine]) -> Iterator[ImportLine | BadLine]:
    """Refuse a line whose number an earlier one had: nobody gets two letters.

    Raises `UnusableFile` behind `MOST_LINES`: each number costs some hundred bytes of memory.
    """
    seen: set[int] = set()
    for count, line in enumerate(lines):
        if count == MOST_LINES:
            raise UnusableFile(TOO_LONG)
        if isinstance(line, ImportLine):
            key = hash(line.values["number"])
            if key in seen:
                yield BadLine(line.number, TWICE)
                continue
            seen.add(key)
        yield line
