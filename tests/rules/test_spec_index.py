"""The index of standards says what the code and the tests cite."""

from tools import spec_index


def test_the_index_is_fresh() -> None:
    """`python -m tools.spec_index` writes it anew."""
    assert spec_index.PAGE.read_text(encoding="utf-8") == spec_index.document()


def test_a_section_belongs_to_the_standard_named_before_it() -> None:
    found = list(spec_index.citations("RFC 6749 §4.1.2, §5; OIDC Core §3.1. Then §9.", "RFC 1"))

    assert found == [
        ("RFC 6749", (4, 1, 2)),
        ("RFC 6749", (5,)),
        ("OpenID Connect Core 1.0", (3, 1)),
        ("OpenID Connect Core 1.0", (9,)),
    ]


def test_a_section_without_a_name_belongs_to_the_standard_of_its_module() -> None:
    assert list(spec_index.citations("as §2.4 says", "RFC 9126")) == [("RFC 9126", (2, 4))]
