"""The index of standards says what the code and the tests cite."""

import pytest

from tools import spec_index

MODULE = '''"""Pushed requests (RFC 9126)."""


class Store:
    """Keeps a request for 60 seconds (§2.2). Then it goes."""

    size = 1  # RFC 6749 §4.1, §5


def answer() -> None:
    """As in OAuth 2.0 Multiple
    Response Types §2.1.
    """
'''


def test_the_index_is_fresh() -> None:
    """`make docs` writes it anew."""
    assert spec_index.PAGE.read_text(encoding="utf-8") == spec_index.document()


def test_every_section_that_the_code_claims_to_keep_is_proved_by_a_test() -> None:
    assert spec_index.unproved(spec_index.index()) == []


def test_a_section_belongs_to_the_standard_named_before_it_and_else_to_that_of_its_module() -> None:
    found = [section for section, _ in spec_index.citations("idp/store.py", MODULE)]

    assert found == [
        ("RFC 9126", (2, 2)),
        ("RFC 6749", (4, 1)),
        ("RFC 6749", (5,)),
        ("OAuth 2.0 Multiple Response Types", (2, 1)),
    ]


def test_an_edit_that_cites_the_same_sections_leaves_the_index_as_it_is() -> None:
    edited = MODULE.replace("Keeps a request for 60 seconds", "\n\nHolds it for a minute")

    assert list(spec_index.citations("idp/store.py", edited)) == list(spec_index.citations("idp/store.py", MODULE))


def test_a_citation_names_the_definition() -> None:
    _, first = next(spec_index.citations("idp/store.py", MODULE))

    assert first.link() == "[`idp/store.py`](../idp/store.py) `Store`"


def test_a_test_inside_a_class_is_a_place_of_its_own() -> None:
    source = 'class TestNonces:\n    def test_it_is_spent(self) -> None:\n        """RFC 9449 §8"""\n'

    ((section, citation),) = spec_index.citations("tests/test_x.py", source)

    assert section == ("RFC 9449", (8,))
    assert citation.where == "test_it_is_spent"


@pytest.mark.parametrize(
    ("place", "where", "is_proof"),
    [
        ("tests/oidc/test_x.py", "test_it_works", True),
        ("tests/oidc/test_x.py", "", True),
        ("tests/oidc/test_x.py", "RelyingParty", False),
        ("tests/support/relying_party.py", "", False),
    ],
)
def test_only_a_test_is_a_proof(place: str, where: str, is_proof: bool) -> None:
    assert spec_index.Citation(place, where).is_proof is is_proof
