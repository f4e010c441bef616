"""The PDF and the print shop's file."""

import csv
import stat
from pathlib import Path

import pytest

from idp.invitations.letters import content, print_run, print_shop
from tests.invitations.letters import CODE, LANGUAGES, READER, letterhead, streams, words


def letters(count: int = 4) -> list[print_run.Letter]:
    languages = [LANGUAGES[number % 4] for number in range(count)]
    return [content.for_insured(words(language), letterhead(), CODE, READER) for language in languages]


def test_each_letter_is_one_tagged_page_in_its_language(tmp_path: Path) -> None:
    pdf = tmp_path / "letters.pdf"

    print_run.write_pdf(letters(), pdf)

    text = streams(pdf)
    assert text.count("/Type /Page\n") + text.count("/Type /Page ") == 4
    assert "/StructTreeRoot" in text
    assert "/Marked true" in text
    assert text.count("/S /H1") == 4
    assert text.count("/S /Figure") == text.count("/Alt") == 4
    assert all(f"({language})" in text for language in LANGUAGES)


def test_every_typeface_is_embedded(tmp_path: Path) -> None:
    pdf = tmp_path / "letters.pdf"

    print_run.write_pdf(letters(1), pdf)

    text = streams(pdf)
    assert text.count("/FontFile2") == 3
    assert "Helvetica" not in text


def test_only_its_owner_may_read_a_file_of_codes(tmp_path: Path) -> None:
    pdf = tmp_path / "letters.pdf"

    print_run.write_pdf(letters(1), pdf)

    assert stat.S_IMODE(pdf.stat().st_mode) == 0o600


def test_a_half_written_file_never_has_its_name(tmp_path: Path) -> None:
    class Broken(list[print_run.Letter]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield self[0]
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        print_run.write_pdf(Broken(letters(2)), tmp_path / "letters.pdf")

    assert list(tmp_path.iterdir()) == []


def test_the_print_shop_gets_the_same_words(tmp_path: Path) -> None:
    table = tmp_path / "letters.csv"

    with print_shop.csv_file(table) as append:
        append(letters(2))
        append(letters(1))

    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert [row["language"] for row in rows] == ["fr", "de", "fr"]
    assert rows[0]["reference"] == "4F7K-22QX"
    assert rows[0]["code"] == "K7M3\u00a09QXA\u00a0H4TB"
    assert rows[0]["recipient_2"] == "Marie-Louise Zürcher-Šimić"
    assert "6\u00a0juin\u00a02026" in rows[0]["validity"]
