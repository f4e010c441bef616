"""docs/asvs.md, the self-assessment, names files and tests that exist, and judges every requirement once."""

import re

from tests.rules.source import ROOT, names_of_tests

PAGE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
FILE = re.compile(r"`((?:idp|flows|keys|tests|templates|config|docs)/[\w/.-]+\.\w+)(?:::(test_\w+))?`")
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| [12] \| [^|]+ \| (met|\*\*partly\*\*|\*\*not met\*\*|not applicable) \|", re.MULTILINE
)
COUNTS = re.compile(r"^\| all 253 \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
VERDICTS = ("met", "**partly**", "**not met**", "not applicable")


def test_every_file_and_test_that_it_names_exists() -> None:
    named = FILE.findall(PAGE)

    missing = [
        f"{path}::{name}" if name else path
        for path, name in named
        if not (ROOT / path).is_file() or (name and name not in names_of_tests(path))
    ]

    assert len(named) > 100
    assert missing == []


def test_it_judges_every_requirement_of_levels_one_and_two_once_and_counts_right() -> None:
    judged = ROW.findall(PAGE)
    found = COUNTS.search(PAGE)

    assert len({number for number, _ in judged}) == len(judged) == 253
    assert found is not None
    counted = [sum(verdict == each for _, verdict in judged) for each in VERDICTS]
    assert [int(count) for count in found.groups()] == counted


def test_what_is_not_met_says_what_is_missing() -> None:
    silent = re.findall(r"^\| (\d+\.\d+\.\d+) \|.*\| \*\*(?:partly|not met)\*\* \|.*\|  \|$", PAGE, re.MULTILINE)

    assert silent == []
