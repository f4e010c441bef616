"""An offline filter of breached passwords: built line by line, searched where it lies."""

import hashlib
from pathlib import Path

import pytest

from idp.credentials import breached
from idp.credentials.breached import BreachedPasswords, UnusableFilter
from idp.credentials.quality import Quality

LEAKED = ("vélo bleu et tigre mauve", "quatre mots bien leakés", "Das blaue Fahrrad schläft", "x" * 40)
TOO_COMMON = "This password is too common or has leaked elsewhere. Choose another one."


def digest(plain: str) -> str:
    return hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest().upper()


def lines(*plains: str, count: int = 3) -> list[bytes]:
    return [f"{line}:{count}\r\n".encode() for line in sorted(map(digest, plains))]


@pytest.mark.parametrize("width", breached.WIDTHS)
def test_every_password_of_the_list_is_found_and_others_are_not(tmp_path: Path, width: int) -> None:
    """NIST SP 800-63B-4 §3.1.1.2, ASVS 6.2.12"""
    many = [f"password number {number}" for number in range(2000)]
    breached.build(lines(*LEAKED, *many), tmp_path / "filter", width=width)
    known = BreachedPasswords(tmp_path / "filter")

    assert all(known.holds(plain) for plain in (*LEAKED, *many))
    assert not any(known.holds(f"another {number}") for number in range(2000))


def test_accents_may_be_typed_either_way(tmp_path: Path) -> None:
    breached.build(lines("été à Vevey"), tmp_path / "filter", width=6)

    assert BreachedPasswords(tmp_path / "filter").holds("e\u0301te\u0301 a\u0300 Vevey")


def test_it_says_how_large_it_is_and_how_often_it_errs(tmp_path: Path) -> None:
    built = breached.build(lines(*LEAKED), tmp_path / "filter", width=5)

    assert (built.entries, built.size) == (4, (tmp_path / "filter").stat().st_size)
    assert built.false_positives == 4 / 2**40
    assert breached.FilterSummary(entries=1_000_000_000, width=5).false_positives == pytest.approx(0.0009, rel=0.02)


def test_rare_ones_may_be_left_out(tmp_path: Path) -> None:
    often, rare = lines(LEAKED[0], count=10), lines(LEAKED[1], count=9)

    breached.build(sorted([*often, *rare]), tmp_path / "filter", width=6, at_least=10)

    known = BreachedPasswords(tmp_path / "filter")
    assert (known.holds(LEAKED[0]), known.holds(LEAKED[1])) == (True, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([*reversed(lines("a", "b"))], "line 2: the digests must be in ascending order"),
        ([*lines("a"), b"not a digest\n"], "line 2: expected a SHA-1 digest"),
        ([b"password\n"], "line 1: expected a SHA-1 digest"),
    ],
)
def test_a_list_that_cannot_be_searched_is_refused_by_line_and_leaves_nothing(
    tmp_path: Path, content: list[bytes], said: str
) -> None:
    with pytest.raises(UnusableFilter, match=said):
        breached.build(content, tmp_path / "filter", width=6)

    assert [*tmp_path.iterdir()] == []


def test_a_file_that_is_no_filter_or_was_cut_is_refused(tmp_path: Path) -> None:
    whole, cut, other = tmp_path / "filter", tmp_path / "cut", tmp_path / "other"
    breached.build(lines(*LEAKED), whole, width=6)
    cut.write_bytes(whole.read_bytes()[:-1])
    other.write_text("a list of something else, long enough to have a head")
    (tmp_path / "empty").touch()

    for path in (cut, other, tmp_path / "empty", tmp_path / "missing"):
        with pytest.raises(UnusableFilter):
            BreachedPasswords(path)


def test_a_breached_password_cannot_be_chosen(tmp_path: Path) -> None:
    """ASVS 6.2.12, A-25"""
    breached.build(lines(LEAKED[0]), tmp_path / "filter", width=6)
    quality = Quality(breached=BreachedPasswords(tmp_path / "filter"))

    assert [problem.msgid for problem in quality.problems(LEAKED[0], floor=12)] == [TOO_COMMON]
    assert quality.problems("un tigre jaune dort au grenier", floor=12) == []
