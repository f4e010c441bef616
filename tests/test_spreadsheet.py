"""Tables that people open in a spreadsheet run nothing there."""

import csv
import io

import pytest

from idp.spreadsheet import harmless, write_row


@pytest.mark.parametrize(
    "cell", ["=1+1", "+41 79", "-2", "@SUM(A1)", "＝1+1", " =1+1", "\t=1+1", "\r=1", '=HYPERLINK("x")']
)
def test_a_cell_is_a_text_and_no_formula(cell: str) -> None:
    """OWASP: CSV injection"""
    assert harmless(cell).startswith("'")


@pytest.mark.parametrize("cell", ["", "Anne", "1-2", "a=b", "https://example.ch/AK00", "Été"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_cell_holds_no_control_characters() -> None:
    assert harmless("Anne\x00\r\n=1\x1b[2J\u2028x\u202e") == "Anne =1 [2J x"


def test_a_row_is_written_with_every_cell_harmless() -> None:
    words = io.StringIO()

    write_row(words, ["Anne", "=1+1", 'say "x"; y'])

    assert list(csv.reader([words.getvalue()], delimiter=";")) == [["Anne", "'=1+1", 'say "x"; y']]
