"""The file a print shop makes its own letters from: one line a letter, every word ready (UTF-8, semicolons, quoted)."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from idp.invitations.letters.letter import ADDRESS_LINES, Letter
from idp.spreadsheet import write_row

COLUMNS = (
    "reference",
    "language",
    *(f"recipient_{number}" for number in range(1, ADDRESS_LINES + 1)),
    "place_and_date",
    "subject",
    "greeting",
    "opening_1",
    "opening_2",
    "address",
    "qr_target",
    "code",
    "validity",
    "closing_1",
    "closing_2",
    "signature",
    "desk",
)


Append = Callable[[Sequence[Letter]], None]


@contextmanager
def csv_file(path: Path) -> Iterator[Append]:
    """Give a new file with its headings; call what it yields with each part's letters."""
    with private_file(path) as file, _table(file) as append:
        yield append


def csv_of(letters: Sequence[Letter], *, is_begin: bool = True) -> bytes:
    """Return the same file for these letters; the lines alone where they are not the begin of the file."""
    file = io.BytesIO()
    with _table(file, is_begin=is_begin) as append:
        append(letters)
    return file.getvalue()


@contextmanager
def _table(file: BinaryIO, *, is_begin: bool = True) -> Iterator[Append]:
    words = io.TextIOWrapper(file, encoding="utf-8-sig" if is_begin else "utf-8", newline="")
    if is_begin:
        write_row(words, COLUMNS)

    def append(letters: Sequence[Letter]) -> None:
        for letter in letters:
            write_row(words, _cells(letter))

    yield append
    words.flush()
    words.detach()


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner may read, which gets its name once it is complete: it holds codes in clear."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _cells(letter: Letter) -> tuple[str, ...]:
    recipient = [*letter.recipient, *[""] * (ADDRESS_LINES - len(letter.recipient))]
    return (
        letter.reference_number,
        letter.language,
        *recipient,
        letter.place_and_date,
        letter.subject,
        letter.greeting,
        *letter.opening,
        letter.box.address,
        letter.box.target,
        letter.box.code,
        letter.box.validity,
        *letter.closing,
        ", ".join(letter.signature),
        ", ".join((letter.desk_title, *letter.desk)),
    )
