"""Run an import: read, understand, store in batches of one short transaction each.

Slow work (parsing) happens before the transaction, so that no lock is held longer than the statements take.
An interrupted import is finished by running it again: lines that are stored already are recognised as unchanged.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from idp.database import Database, Origin, Transaction
from idp.imports.lines import BadLine, Columns, ImportLine, LineFile, open_lines
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

    Raises `UnusableFile`, then nothing was stored.
    """
    tally = Tally()
    with open_lines(path, importer.columns) as lines:
        for batch in _batches(lines, importer, tally, refused):
            with database.transaction(origin) as tx:
                bad = importer.store(tx, batch, tally)
            for line in bad:
                _refuse(line, tally, refused)
            progress(tally, lines.position)
    return tally


def _batches(
    lines: LineFile, importer: Importer[Understood], tally: Tally, refused: Report
) -> Iterator[list[tuple[int, Understood]]]:
    understood = _understood(lines, importer, tally, refused)
    while batch := list(islice(understood, BATCH)):
        yield batch


def _understood(
    lines: LineFile, importer: Importer[Understood], tally: Tally, refused: Report
) -> Iterator[tuple[int, Understood]]:
    for line in lines:
        if isinstance(line, BadLine):
            _refuse(line, tally, refused)
            continue
        try:
            yield line.number, importer.understand(line, tally)
        except BadValue as error:
            _refuse(BadLine(line.number, str(error)), tally, refused)


def _refuse(line: BadLine, tally: Tally, refused: Report) -> None:
    tally.refused += 1
    refused(line)
