"""Lines of a file as they come: CSV with headings, or one JSON object a line. Never more than one in memory.

A line that cannot be read is an answer with its number, not an end; only a file without usable headings is refused.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

LONGEST_LINE = 65_536


class UnusableFile(Exception):
    """Nothing of the file can be imported; the message says why."""


@dataclass(frozen=True)
class Columns:
    """The names a file may use for its columns, and those without which a line says nothing."""

    known: frozenset[str]
    required: frozenset[str]


@dataclass(frozen=True)
class Line:
    """A line that could be read. Values are stripped; `number` counts from 1, a CSV's headings included."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class BadLine:
    """A line that is not imported, and why. The reason never repeats a value of the line."""

    number: int
    reason: str


class LineFile:
    """An open file of lines; iterate it once."""

    def __init__(self, raw: BinaryIO, columns: Columns, *, json_lines: bool) -> None:
        self._raw = raw
        self._file = TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._columns = columns
        self._read = self._json if json_lines else self._csv

    def __iter__(self) -> Iterator[Line | BadLine]:
        return self._read()

    @property
    def position(self) -> int:
        """How many bytes have been read, about."""
        return self._raw.tell()

    def _csv(self) -> Iterator[Line | BadLine]:
        headings, delimiter = _headings(self._file.readline())
        self._refuse_unknown(headings)
        rows = csv.reader(self._file, delimiter=delimiter, strict=True)
        while True:
            number = rows.line_num + 2
            try:
                row = next(rows, None)
            except csv.Error as error:
                yield BadLine(number, f"not CSV: {error}")
                continue
            if row is None:
                return
            if row:
                yield self._line(number, headings, row)

    def _line(self, number: int, headings: list[str], row: list[str]) -> Line | BadLine:
        if len(row) != len(headings):
            return BadLine(number, f"{len(row)} columns instead of {len(headings)}")
        return self._checked(number, dict(zip(headings, row, strict=True)))

    def _json(self) -> Iterator[Line | BadLine]:
        number = 0
        while text := self._file.readline(LONGEST_LINE):
            number += 1
            if not text.endswith("\n") and len(text) == LONGEST_LINE:
                self._skip_rest()
                yield BadLine(number, f"longer than {LONGEST_LINE} characters")
            elif text.strip():
                yield self._object(number, text)

    def _object(self, number: int, text: str) -> Line | BadLine:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return BadLine(number, "not JSON")
        if not isinstance(found, dict):
            return BadLine(number, "not a JSON object")
        values = {name: "" if value is None else value for name, value in found.items()}
        if not all(isinstance(value, str) for value in values.values()):
            return BadLine(number, "a value is not a text")
        unknown = sorted(set(values) - self._columns.known)
        if unknown:
            return BadLine(number, f"unknown names: {', '.join(unknown)[:200]}")
        return self._checked(number, values)

    def _skip_rest(self) -> None:
        while (text := self._file.readline(LONGEST_LINE)) and not text.endswith("\n"):
            pass

    def _checked(self, number: int, raw: Mapping[str, str]) -> Line | BadLine:
        values = {name: value.strip() for name, value in raw.items()}
        if any("\x00" in value for value in values.values()):
            return BadLine(number, "holds a NUL character")
        if any("\ud800" <= character <= "\udfff" for value in values.values() for character in value):
            return BadLine(number, "not UTF-8")
        missing = sorted(name for name in self._columns.required if not values.get(name))
        if missing:
            return BadLine(number, f"empty: {', '.join(missing)}")
        return Line(number, values)

    def _refuse_unknown(self, headings: list[str]) -> None:
        unknown = [name for name in headings if name not in self._columns.known]
        missing = sorted(self._columns.required - set(headings))
        if unknown or missing or len(set(headings)) != len(headings):
            known = ", ".join(sorted(self._columns.known))
            raise UnusableFile(
                f"headings: unknown {unknown or 'none'}, missing {missing or 'none'}, each once; known are {known}"
            )


@contextmanager
def open_lines(path: Path, columns: Columns) -> Iterator[LineFile]:
    """Open a `.jsonl` or `.ndjson` file as JSON lines, any other as CSV (UTF-8; comma, semicolon or tab)."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnusableFile(f"{path}: {error.strerror}") from error
    with file:
        yield LineFile(file, columns, json_lines=path.suffix in {".jsonl", ".ndjson"})


def _headings(line: str) -> tuple[list[str], str]:
    delimiter = max(";,\t", key=line.count)
    headings = next(csv.reader([line], delimiter=delimiter), [])
    return [heading.strip().lower() for heading in headings], delimiter
