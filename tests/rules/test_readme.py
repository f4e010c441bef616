"""The README's table of specifications names tests that exist and speak of that specification."""

import re

import pytest

from tests.rules.source import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = README.partition("## Specifications")[2]
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][1:]


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize(("specification", "tests"), ROWS)
def test_the_tests_of_a_row_name_an_rfc_of_it(specification: str, tests: str) -> None:
    paths = [ROOT / link for link in re.findall(r"\]\(([^)]+)\)", tests)]
    texts = "".join(path.read_text(encoding="utf-8") for path in paths)
    numbers = re.findall(r"RFC (\d{4})", specification)

    assert paths
    assert not numbers or any(f"RFC {number}" in texts for number in numbers)
