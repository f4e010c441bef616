"""The one writer of tables that people open in a spreadsheet: semicolons, every cell quoted, no cell a formula."""

import csv
import io
import re
from collections.abc import Iterable
from typing import TextIO

INERT = "'"
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def write_row(file: TextIO, cells: Iterable[str]) -> None:
    """Write one line. The file is open in UTF-8 with a byte order mark (`utf-8-sig`) and `newline=""`."""
    csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerow([harmless(cell) for cell in cells])


def lines(rows: Iterable[Iterable[str]], *, is_begin: bool = False) -> bytes:
    """Return some lines of such a table, for one that is sent as it is made; the first ones begin it."""
    file = io.StringIO(newline="")
    for row in rows:
        write_row(file, row)
    return file.getvalue().encode("utf-8-sig" if is_begin else "utf-8")


def harmless(cell: str) -> str:
    """Return the cell on one line, blanks for control characters, an apostrophe before what a program would compute."""
    plain = _CONTROL.sub(" ", cell).strip() if _CONTROL.search(cell) else cell
    return INERT + plain if _FORMULA.match(cell) or _FORMULA.match(plain) else plain
