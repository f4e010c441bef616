"""The links of the README lead somewhere, and the table of specifications is complete and proved."""

import re
from collections.abc import Mapping

import pytest

from tests.rules.source import ROOT
from tools import spec_index

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Specifications")[2].partition("## Run the conformance suite")[0]
PROTOCOL = ("idp/oidc/", "idp/jose.py")
BENEATH = {"RFC 3587", "RFC 3986", "RFC 6585", "RFC 8032"}
"""What the protocol stands on: addresses, HTTP and signatures."""

Index = Mapping[spec_index.Section, list[spec_index.Citation]]

ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][1:]


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []


def standards(specification: str) -> set[str]:
    """The titles that a cell of the table names, as the index of standards writes them."""
    return {spec_index.canonical(found[0]) for found in spec_index.NAME.finditer(specification)}


@pytest.fixture(scope="module")
def index() -> Index:
    return spec_index.index()


@pytest.mark.parametrize(("specification", "tests"), ROWS)
def test_the_tests_of_a_row_prove_something_of_each_standard_in_it(
    index: Index, specification: str, tests: str
) -> None:
    named = re.findall(r"\]\(\.\./([^)]+)\)", tests)
    proved = {
        title
        for (title, _), places in index.items()
        if any(place.is_proof and place.place in named for place in places)
    }

    assert standards(specification)
    assert standards(specification) <= proved


def test_every_standard_that_the_protocol_keeps_has_a_row(index: Index) -> None:
    kept = {title for (title, _), places in index.items() if any(place.place.startswith(PROTOCOL) for place in places)}
    listed = set().union(*(standards(specification) for specification, _ in ROWS))

    assert kept - BENEATH - listed == set()
