"""Reading files: every bad line has its number, all others are read."""

from pathlib import Path

import pytest

from idp.imports.formats import open_lines
from idp.imports.lines import BadLine, Columns, ImportLine, UnusableFile

COLUMNS = Columns(known=frozenset({"number", "name"}), required=frozenset({"number"}))


def read(tmp_path: Path, content: str | bytes, name: str = "file.csv") -> list[ImportLine | BadLine]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_lines(path, COLUMNS) as lines:
        return list(lines)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_recognised(tmp_path: Path, delimiter: str) -> None:
    lines = read(tmp_path, f"Number{delimiter} name \r\n1{delimiter} Anne \r\n")

    assert lines == [ImportLine(2, {"number": "1", "name": "Anne"})]


def test_a_byte_order_mark_is_no_part_of_the_first_heading(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffnumber;name\n1;Anne\n") == [ImportLine(2, {"number": "1", "name": "Anne"})]


def test_a_quoted_value_may_hold_delimiters_and_quotes(tmp_path: Path) -> None:
    lines = read(tmp_path, 'number;name\n1;"Anne ""A."" Rochat; Marie"\n2;Beat "Bärli" Roth\n')

    assert [line.values["name"] for line in lines if isinstance(line, ImportLine)] == [
        'Anne "A." Rochat; Marie',
        'Beat "Bärli" Roth',
    ]


@pytest.mark.parametrize("stray", ['1;"Anne', '1;"Anne;x"y', '"1;Anne', '1;Anne"', '1;An"ne'])
def test_a_stray_quote_costs_its_own_line_and_no_other(tmp_path: Path, stray: str) -> None:
    lines = read(tmp_path, f'number;name\n0;Ada\n{stray}\n2;"Bob"\n3;Carl\n')

    assert [(line.number, type(line)) for line in lines] == [
        (2, ImportLine),
        (3, BadLine),
        (4, ImportLine),
        (5, ImportLine),
    ]
    assert lines[1].reason.startswith("quotes")  # type: ignore[union-attr]
    assert lines[2].values == {"number": "2", "name": "Bob"}  # type: ignore[union-attr]


def test_a_value_ends_with_its_line(tmp_path: Path) -> None:
    """Somebody who could write a line break into a register would else write a line of somebody else."""
    lines = read(tmp_path, 'number;name\n1;"Anne\nMarie"\n3;Carl\n')

    assert [(line.number, type(line)) for line in lines] == [(2, BadLine), (3, BadLine), (4, ImportLine)]


def test_no_line_in_the_middle_of_a_value_is_read_as_a_record(tmp_path: Path) -> None:
    """A register lets people write several lines; one of them reads like somebody else's."""
    lines = read(tmp_path, 'number;name\n1;"Anne\n2;Bob\n\n""3"";Eve\nMarie"\n4;Carl\n')

    assert [(line.number, type(line)) for line in lines] == [
        *[(number, BadLine) for number in range(2, 7)],
        (7, ImportLine),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_ends_with_its_own_sign(tmp_path: Path, ending: str) -> None:
    lines = read(tmp_path, ending.join(["number;name", "1;Anne", "", "2;Beat"]))

    assert lines == [ImportLine(2, {"number": "1", "name": "Anne"}), ImportLine(4, {"number": "2", "name": "Beat"})]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_text_file_of_excel_is_read(tmp_path: Path, encoding: str) -> None:
    """« Unicode text »: UTF-16 with a byte order mark, tabs"""
    content = ("\ufeffnumber\tname\r\n1\tZoë Žižek\r\n").encode(encoding)

    assert read(tmp_path, content) == [ImportLine(2, {"number": "1", "name": "Zoë Žižek"})]


def test_the_first_line_may_name_the_delimiter_as_excel_wants_it(tmp_path: Path) -> None:
    lines = read(tmp_path, "\ufeffsep=;\r\nnumber;name\r\n1;Rochat, Anne\r\n")

    assert lines == [ImportLine(3, {"number": "1", "name": "Rochat, Anne"})]


def test_empty_cells_at_the_end_are_none(tmp_path: Path) -> None:
    lines = read(tmp_path, "number;name;;\n1;Anne;;\n2;Beat;;;;\n3;Carl\n;;;\n4;Dora; x;\n")

    assert lines == [
        ImportLine(2, {"number": "1", "name": "Anne"}),
        ImportLine(3, {"number": "2", "name": "Beat"}),
        ImportLine(4, {"number": "3", "name": "Carl"}),
        BadLine(6, "3 columns instead of 2"),
    ]


@pytest.mark.parametrize("nothing", ["NULL", "\\N", '"NULL"'])
def test_a_database_writes_nothing_in_its_own_way(tmp_path: Path, nothing: str) -> None:
    lines = read(tmp_path, f"number;name\n1;{nothing}\n{nothing};Beat\n3;Nulli\n")

    assert lines == [
        ImportLine(2, {"number": "1", "name": ""}),
        BadLine(3, "empty: number"),
        ImportLine(4, {"number": "3", "name": "Nulli"}),
    ]


@pytest.mark.parametrize(
    ("content", "cure"),
    [
        (b"PK\x03\x04" + bytes(100), "save it as .CSV UTF-8."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "save it as .CSV UTF-8."),
        ("number;name\n1;Anne\n".encode("utf-16-le"), "UTF-16 without its mark"),
        ("\ufeffnumber;name\n".encode("utf-32-le"), "UTF-32"),
        (b'number;"name\n1;Anne\n', "quotes of the headings"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_the_cure(tmp_path: Path, content: bytes, cure: str) -> None:
    with pytest.raises(UnusableFile, match=cure):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1;Anne;x", "3 columns instead of 2"),
        (b"1", "1 columns instead of 2"),
        (b";Anne", "empty: number"),
        (b"1;Z\xfcrcher", "not UTF-8: save the file as UTF-8"),
        (b"1;A\x00nne", "holds a NUL character"),
        ("1;Z\ufffdrcher".encode(), "holds a character that another program"),
        (b'1;"Anne"x', "quotes"),
        (b"1;" + b"x" * 200_000, "longer than 65536 characters"),
    ],
)
def test_a_bad_line_is_named_and_the_next_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    bad, good = read(tmp_path, b"number;name\n" + line + b"\n2;Beat\n")

    assert isinstance(bad, BadLine)
    assert (bad.number, bad.reason[: len(reason)]) == (2, reason)
    assert good == ImportLine(3, {"number": "2", "name": "Beat"})


@pytest.mark.parametrize("content", ["", "number;colour\n", "name\nAnne\n", "number;number\n"])
def test_a_file_without_usable_headings_is_refused_before_anything_is_stored(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnusableFile, match="headings"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"number": 1}', "a value is not a text"),
        ('{"number": "1", "colour": "blue"}', "unknown names: colour"),
        ('{"name": "Anne"}', "empty: number"),
        ("[" * 60_000, "not JSON"),
        ('{"number": "' + "x" * 70_000 + '"}', "longer than 65536 characters"),
        ('{"number": "\\ud800"}', "not UTF-8: save the file as UTF-8 (in Excel “CSV UTF-8”)"),
    ],
)
def test_json_lines_are_read_the_same_way(tmp_path: Path, line: str, reason: str) -> None:
    bad, good = read(tmp_path, f'{line}\n\n{{"number": "2", "name": null}}\n', "file.jsonl")

    assert isinstance(bad, BadLine)
    assert (bad.number, bad.reason) == (1, reason)
    assert good == ImportLine(3, {"number": "2", "name": ""})
