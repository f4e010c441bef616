"""Open a file of lines by its name: a workbook, JSON lines, or a CSV."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BufferedReader
from pathlib import Path, PurePath
from typing import Protocol

from idp.imports.lines import BadLine, Columns, ImportLine, LineFile, UnusableFile

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
JSON_LINES = frozenset({".jsonl", ".ndjson"})


class ImportLines(Protocol):
    """The lines that an importer reads; iterate them once. `position`: in bytes, or in rows of a workbook."""

    @property
    def position(self) -> int: ...

    def __iter__(self) -> Iterator[ImportLine | BadLine]: ...


def read_lines(raw: BufferedReader, name: str, columns: Columns) -> ImportLines:
    """Return the lines of an open file of this name. Raises `UnusableFile`."""
    suffix = PurePath(name).suffix.lower()
    if suffix in WORKBOOKS:
        workbook: ImportLines = import_module("idp.imports.workbooks").WorkbookLines(raw, columns)
        return workbook  # loaded here: openpyxl costs a process memory, and few ever read a workbook
    return LineFile(raw, columns, json_lines=suffix in JSON_LINES)


@contextmanager
def open_lines(path: Path, columns: Columns) -> Iterator[ImportLines]:
    """Open an `.xlsx` file as a workbook, `.jsonl` and `.ndjson` as JSON lines, any other as CSV.

    A CSV has semicolons, commas or tabs, and is UTF-8, or UTF-16 with its byte order mark. Raises `UnusableFile`.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnusableFile(f"{path}: {error.strerror}") from error
    with file:
        yield read_lines(file, path.name, columns)
