"""Reading files: every bad line has its number, all others are read."""

from pathlib import Path

import pytest

from idp.imports.lines import BadLine, Columns, Line, UnusableFile, open_lines

COLUMNS = Columns(known=frozenset({"number", "name"}), required=frozenset({"number"}))


def read(tmp_path: Path, content: str | bytes, name: str = "file.csv") -> list[Line | BadLine]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_lines(path, COLUMNS) as lines:
        return list(lines)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_recognised(tmp_path: Path, delimiter: str) -> None:
    lines = read(tmp_path, f"Number{delimiter} name \r\n1{delimiter} Anne \r\n")

    assert lines == [Line(2, {"number": "1", "name": "Anne"})]


def test_a_byte_order_mark_is_no_part_of_the_first_heading(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffnumber;name\n1;Anne\n") == [Line(2, {"number": "1", "name": "Anne"})]


def test_a_quoted_value_may_hold_line_breaks_and_numbers_go_on(tmp_path: Path) -> None:
    lines = read(tmp_path, 'number;name\n1;"Anne\nMarie"\n;x\n')

    assert lines == [Line(2, {"number": "1", "name": "Anne\nMarie"}), BadLine(4, "empty: number")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1;Anne;x", "3 columns instead of 2"),
        (b"1", "1 columns instead of 2"),
        (b";Anne", "empty: number"),
        (b"1;\xff\xfe", "not UTF-8"),
        (b"1;A\x00nne", "holds a NUL character"),
        (b'1;"Anne"x', "not CSV"),
        (b"1;" + b"x" * 200_000, "not CSV: field larger"),
    ],
)
def test_a_bad_line_is_named_and_the_next_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    bad, good = read(tmp_path, b"number;name\n" + line + b"\n2;Beat\n")

    assert isinstance(bad, BadLine)
    assert (bad.number, bad.reason[: len(reason)]) == (2, reason)
    assert good == Line(3, {"number": "2", "name": "Beat"})


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
        ('{"number": "\\ud800"}', "not UTF-8"),
    ],
)
def test_json_lines_are_read_the_same_way(tmp_path: Path, line: str, reason: str) -> None:
    bad, good = read(tmp_path, f'{line}\n\n{{"number": "2", "name": null}}\n', "file.jsonl")

    assert isinstance(bad, BadLine)
    assert (bad.number, bad.reason) == (1, reason)
    assert good == Line(3, {"number": "2", "name": ""})
