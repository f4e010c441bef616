"""Lines of a file as they come: CSV with headings, or one JSON object a line. Never more than a few in memory.

A line that cannot be read is an answer with its number, not an end; only a file without usable headings is refused.
A value of a CSV ends with its line: a stray quote costs its own line and never joins those of two people. Where a
quoted value does continue over several lines, all of them are refused: none in the middle is read as someone's record.
"""

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from itertools import islice

LONGEST_LINE = 65_536
MOST_LINES = 100
"""The number of lines that a quoted value is followed over, to refuse them all."""
NOTHING = frozenset({"NULL", "\\N"})
"""Texts that databases write into a CSV for a missing value."""

SAVE_AS = "save it as “CSV UTF-8”"
NO_TEXT = {
    b"PK\x03\x04": f"this is a workbook or an archive, not its table: name it .xlsx, or {SAVE_AS}",
    b"\xd0\xcf\x11\xe0": f"this is a workbook of an old form: save it as .xlsx, or {SAVE_AS}",
    b"\xff\xfe\x00\x00": f"this is UTF-32: {SAVE_AS}",
}
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = ";,\t"
NAMED_DELIMITER = "sep="  # the first line that Excel understands
UNREADABLE = "\ufffd"
QUOTES = "quotes: one stands alone, or a value goes on after it; a value ends with its line"


class UnusableFile(Exception):
    """Nothing of the file can be imported; the message says why, and the cure."""


@dataclass(frozen=True)
class Columns:
    """The names a file may use for its columns, and those without which a line says nothing."""

    known: frozenset[str]
    required: frozenset[str]


@dataclass(frozen=True)
class ImportLine:
    """A line that could be read. Values are stripped; `number` counts from 1, a CSV's headings included."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class BadLine:
    """A line that is not imported, and why. The reason never repeats a value of the line."""

    number: int
    reason: str


class HeadedTable:
    """The headings of a table, under which its rows are read."""

    def __init__(self, columns: Columns, row: list[str]) -> None:
        """Raises `UnusableFile` for headings that are unknown, missing or there twice."""
        self._columns = columns
        self._headings = [heading.strip().lower() for heading in _without_empty_end(row, 0)]
        unknown = [name for name in self._headings if name not in columns.known]
        missing = sorted(columns.required - set(self._headings))
        if unknown or missing or len(set(self._headings)) != len(self._headings):
            known = ", ".join(sorted(columns.known))
            raise UnusableFile(
                f"headings: unknown {unknown or 'none'}, missing {missing or 'none'}, each once; known are {known}"
            )

    def line(self, number: int, row: list[str]) -> ImportLine | BadLine:
        """Return the line of a row. Empty cells beyond the headings count as not there."""
        wanted = len(self._headings)
        cells = _without_empty_end(row, wanted) if len(row) > wanted else row
        if len(cells) != wanted:
            return BadLine(number, f"{len(cells)} columns instead of {wanted}")
        stripped = [cell.strip() for cell in cells]
        values = ["" if cell in NOTHING else cell for cell in stripped]
        return checked(self._columns, number, dict(zip(self._headings, values, strict=True)))


def checked(columns: Columns, number: int, values: Mapping[str, str]) -> ImportLine | BadLine:
    """Return the line, unless a value is unreadable or a required one is missing."""
    whole = "".join(values.values())
    if not whole.isascii() and (reason := _unreadable(whole)):
        return BadLine(number, reason)
    if "\x00" in whole:
        return BadLine(number, "holds a NUL character")
    missing = sorted(name for name in columns.required if not values.get(name))
    if missing:
        return BadLine(number, f"empty: {', '.join(missing)}")
    return ImportLine(number, values)


class LineFile:
    """An open file of lines; iterate it once."""

    def __init__(self, raw: BufferedReader, columns: Columns, *, json_lines: bool = False) -> None:
        """Raises `UnusableFile` for bytes that are no text."""
        self._raw = raw
        encoding, errors = _encoding(raw.peek(4))
        self._file = TextIOWrapper(raw, encoding=encoding, errors=errors, newline="")
        self._columns = columns
        self._read = self._json if json_lines else self._csv
        self._number = 0

    def __iter__(self) -> Iterator[ImportLine | BadLine]:
        return self._read()

    @property
    def position(self) -> int:
        """The approximate number of bytes that were read."""
        return self._raw.tell()

    def _texts(self) -> Iterator[str | BadLine]:
        """Line by line, each with its end; `_number` says which."""
        while text := self._file.readline(LONGEST_LINE):
            self._number += 1
            if len(text) == LONGEST_LINE and text[-1] not in "\r\n":
                self._skip_rest()
                yield BadLine(self._number, f"longer than {LONGEST_LINE} characters")
            else:
                yield text

    def _csv(self) -> Iterator[ImportLine | BadLine]:
        texts = self._texts()
        table, delimiter = self._headings(texts)
        coming = ((self._number, text) for text in texts)
        ahead: deque[tuple[int, str | BadLine]] = deque()
        while found := ahead.popleft() if ahead else next(coming, None):
            number, text = found
            if isinstance(text, BadLine):
                yield text
            elif (row := _row(text, delimiter)) is None:
                yield BadLine(number, QUOTES)
                ahead.extend(islice(coming, MOST_LINES - len(ahead)))
                for _ in range(_lines_it_goes_on(text, [each for _, each in ahead], delimiter)):
                    yield BadLine(ahead.popleft()[0], QUOTES)
            elif any(row):
                yield table.line(number, row)

    def _headings(self, texts: Iterator[str | BadLine]) -> tuple[HeadedTable, str]:
        first = self._heading_line(texts)
        delimiter = max(DELIMITERS, key=first.count)
        if first.lower().startswith(NAMED_DELIMITER):
            delimiter = first.strip()[len(NAMED_DELIMITER) :] or delimiter
            first = self._heading_line(texts)
        if len(delimiter) != 1 or delimiter not in DELIMITERS:
            raise UnusableFile("headings: the line sep= names no semicolon, comma or tab")
        row = _row(first, delimiter)
        if row is None:
            raise UnusableFile("the quotes of the headings: one stands alone")
        return HeadedTable(self._columns, row), delimiter

    def _heading_line(self, texts: Iterator[str | BadLine]) -> str:
        found = next(texts, "")
        if isinstance(found, BadLine):
            raise UnusableFile(f"headings: {found.reason}")
        if "\x00" in found:
            raise UnusableFile(f"this is UTF-16 without its mark, or no text: {SAVE_AS}")
        return found

    def _json(self) -> Iterator[ImportLine | BadLine]:
        for text in self._texts():
            if isinstance(text, BadLine):
                yield text
            elif text.strip():
                yield self._object(text)

    def _object(self, text: str) -> ImportLine | BadLine:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return BadLine(self._number, "not JSON")
        if not isinstance(found, dict):
            return BadLine(self._number, "not a JSON object")
        values = {name: "" if value is None else value for name, value in found.items()}
        if not all(isinstance(value, str) for value in values.values()):
            return BadLine(self._number, "a value is not a text")
        unknown = sorted(set(values) - self._columns.known)
        if unknown:
            return BadLine(self._number, f"unknown names: {', '.join(unknown)[:200]}")
        return checked(self._columns, self._number, {name: value.strip() for name, value in values.items()})

    def _skip_rest(self) -> None:
        while (text := self._file.readline(LONGEST_LINE)) and text[-1] not in "\r\n":
            pass


def _encoding(begin: bytes) -> tuple[str, str]:
    """Encoding of a file that begins so, and what becomes of bytes that are not of it."""
    for mark, reason in NO_TEXT.items():
        if begin.startswith(mark):
            raise UnusableFile(reason)
    return ("utf-16", "replace") if begin.startswith(BYTE_ORDER_MARKS) else ("utf-8-sig", "surrogateescape")


def _row(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of one line; None: its quotes are not in order."""
    if '"' not in text:
        return text.rstrip("\r\n").split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), []) if text.count('"') % 2 == 0 else None
    except csv.Error:
        return None


def _lines_it_goes_on(first: str, following: Iterable[str | BadLine], delimiter: str) -> int:
    """How many of the following lines belong to a quoted value that this one opens; 0: the quote stands alone."""
    whole = first
    for count, text in enumerate(following, start=1):
        if isinstance(text, BadLine):
            return 0
        whole += text
        if '"' in text and _row(whole, delimiter) is not None:
            return count
    return 0


def _without_empty_end(row: list[str], kept: int) -> list[str]:
    """Without the empty cells at the end of a line that spreadsheets write, beyond the first `kept`."""
    end = len(row)
    while end > kept and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _unreadable(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "not UTF-8: save the file as UTF-8 (in Excel “CSV UTF-8”)"
    return f"holds a character that another program could not read ({UNREADABLE!a})" if UNREADABLE in text else ""
