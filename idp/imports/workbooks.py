"""Rows of a workbook (XLSX) as lines: its first sheet, a row at a time.

- A workbook is an archive that may unpack to a thousand times its size. What its parts announce is added up before
  anything is unpacked, and no part gives more than it announced.
- Four bytes of a part may become an object of two hundred. The elements that would be in memory at once are counted
  before anything is kept.
- A cell with a formula is refused: its result was computed by another program, at another time.
- Dates are written as in ISO 8601, whole numbers without a point.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time
from typing import BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZipFile, ZipInfo

import openpyxl
from openpyxl.cell.cell import TYPE_ERROR, TYPE_FORMULA, Cell, MergedCell

from idp.imports.lines import BadLine, Columns, HeadedTable, ImportLine, UnusableFile

LARGEST = 256 * 1024 * 1024
"""Bytes of all parts unpacked."""
MOST_ELEMENTS = 262_144
"""Elements of a part in memory at once, sixteen for each column that Excel has."""
SMALLEST_ELEMENT = 4  # bytes
MOST_ROWS = 1_048_576  # what Excel has
MOST_RELEASED = 4 * MOST_ROWS
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELEASED = {f"{MAIN} worksheet": (3, f"{MAIN} row"), f"{MAIN} sst": (2, f"{MAIN} si")}
"""By the root of a part: the depth and name of the elements that openpyxl empties as soon as it has read them."""
MOST_COLUMNS = 64
BROKEN = "this workbook cannot be read: open it in a spreadsheet and save it again, or save it as “CSV UTF-8”"
TOO_LARGE = f"this workbook unpacks to more than {LARGEST // 2**20} MB: save its table as “CSV UTF-8”"
NO_SHEET = "this workbook has no table"
SheetRow = tuple[Cell | MergedCell, ...]
FORMULA = "holds a formula: paste its value alone"


class WorkbookLines:
    """An open workbook; iterate it once. `position` is the number of the last row that was read."""

    def __init__(self, raw: BinaryIO, columns: Columns) -> None:
        """Raises `UnusableFile` for what is no workbook, or too large a one."""
        _refuse_bombs(raw)
        self._columns = columns
        self.position = 0
        try:
            self._sheets = openpyxl.load_workbook(raw, read_only=True, keep_links=False).worksheets
        except Exception as error:  # the library names no common class for the faults of a hostile file
            raise UnusableFile(BROKEN) from error
        if not self._sheets:
            raise UnusableFile(NO_SHEET)

    def __iter__(self) -> Iterator[ImportLine | BadLine]:
        rows = self._rows()
        headings = next((row for row in rows if any(_written(cell) for cell in row)), ())
        table = HeadedTable(self._columns, [_written(cell) for cell in headings])
        for row in rows:
            if fault := _fault(row):
                yield BadLine(self.position, fault)
                continue
            cells = [_written(cell) for cell in row]
            if any(cells):
                yield table.line(self.position, cells)

    def _rows(self) -> Iterator[SheetRow]:
        rows = self._sheets[0].iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS)
        while True:
            try:
                row = next(rows, None)
            except Exception as error:  # as above; a sheet that ends in the middle is found here
                raise UnusableFile(BROKEN) from error
            if row is None:
                return
            self.position += 1
            yield row


class _Crowd:
    """Counts the elements that a part would hold in memory while it is read."""

    def __init__(self) -> None:
        self._released = (0, "")
        self._depth = self._held = self._before = self._ended = 0

    def begin(self, name: str, _attributes: object) -> None:
        self._depth += 1
        if self._depth == 1:
            self._released = RELEASED.get(name, (0, ""))
        if (self._depth, name) == self._released:
            self._before = self._held
        self._held += 1
        if self._held > MOST_ELEMENTS or self._ended > MOST_RELEASED:
            raise UnusableFile(TOO_LARGE)

    def end(self, name: str) -> None:
        if (self._depth, name) == self._released:
            self._held = self._before
            self._ended += 1
        self._depth -= 1


def _refuse_bombs(raw: BinaryIO) -> None:
    try:
        with ZipFile(raw) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > LARGEST:
                raise UnusableFile(TOO_LARGE)
            for part in parts:
                if part.file_size > SMALLEST_ELEMENT * MOST_ELEMENTS:
                    _refuse_crowd(archive, part)
    except UnusableFile:
        raise
    except Exception as error:  # a hostile archive has faults of many kinds, as above
        raise UnusableFile(BROKEN) from error


def _refuse_crowd(archive: ZipFile, part: ZipInfo) -> None:
    crowd, parser = _Crowd(), ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = crowd.begin, crowd.end
    with archive.open(part) as file, suppress(ExpatError):  # a picture, say; what must be XML is found out later
        parser.ParseFile(file)


def _fault(row: SheetRow) -> str:
    kinds = {cell.data_type for cell in row}
    if TYPE_FORMULA in kinds:
        return FORMULA
    return "holds an error of the spreadsheet, such as #REF!" if TYPE_ERROR in kinds else ""


def _written(cell: Cell | MergedCell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
