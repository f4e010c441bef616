"""Run an import: read, understand, store in batches of one short transaction each.

Slow work (parsing) happens before the transaction, so that no lock is held longer than the statements take.
An interrupted import is finished by running it again: lines that are stored already are recognised as unchanged.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from idp.database import Database, Origin, Transaction
from idp.imports.formats import open_lines
from idp.imports.lines import BadLine, Columns, ImportLine
from idp.imports.values import BadValue

BATCH = 500


@dataclass
class Tally:
    """The result of an import: numbers of lines, and remarks about values for the operator."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused


Understood = TypeVar("Understood")


class Importer(Protocol[Understood]):
    """One kind of import."""

    columns: Columns

    def understand(self, line: ImportLine, tally: Tally) -> Understood:
        """Return the meaning of the line. Raises `BadValue`."""

    def store(self, tx: Transaction, batch: Sequence[tuple[int, Understood]], tally: Tally) -> list[BadLine]:
        """Store a batch (line number, meaning); counts what it did, answers the lines it had to refuse."""


@dataclass
class Chunk(Generic[Understood]):
    """Some lines of a file: what those mean that could be understood, each with its number, and the others."""

    lines: int
    understood: list[tuple[int, Understood]] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


Report = Callable[[BadLine], None]
Progress = Callable[[Tally, int], None]


def load(
    database: Database,
    origin: Origin,
    importer: Importer[Understood],
    path: Path,
    *,
    refused: Report,
    progress: Progress,
) -> Tally:
    """Import the file; `refused` gets every bad line, `progress` the tally and bytes read after each batch.

    Raises `UnusableFile`; then nothing was stored, unless a workbook breaks off in the middle.
    """
    tally = Tally()
    with open_lines(path, importer.columns) as lines:
        for chunk in chunks(lines, importer, tally):
            for line in [*chunk.bad, *_stored(database, origin, importer, chunk, tally)]:
                _refuse(line, tally, refused)
            progress(tally, lines.position)
    return tally


def chunks(
    lines: Iterable[ImportLine | BadLine], importer: Importer[Understood], tally: Tally, *, size: int = BATCH
) -> Iterator[Chunk[Understood]]:
    """Yield the lines, at most `size` at a time."""
    source = iter(lines)
    for some in iter(lambda: list(islice(source, size)), []):
        chunk: Chunk[Understood] = Chunk(len(some))
        for line in some:
            _sort(line, importer, tally, chunk)
        yield chunk


def _sort(line: ImportLine | BadLine, importer: Importer[Understood], tally: Tally, chunk: Chunk[Understood]) -> None:
    if isinstance(line, BadLine):
        chunk.bad.append(line)
        return
    try:
        chunk.understood.append((line.number, importer.understand(line, tally)))
    except BadValue as error:
        chunk.bad.append(BadLine(line.number, str(error)))


def _stored(
    database: Database, origin: Origin, importer: Importer[Understood], chunk: Chunk[Understood], tally: Tally
) -> list[BadLine]:
    if not chunk.understood:
        return []
    with database.transaction(origin) as tx:
        return importer.store(tx, chunk.understood, tally)


def _refuse(line: BadLine, tally: Tally, refused: Report) -> None:
    tally.refused += 1
    refused(line)
