"""How people write the code of a letter."""

import pytest

from idp.invitations import code_text

CODE = "K7M39QXAH4TB"


def test_a_code_has_twelve_symbols_without_look_alikes() -> None:
    """C-12"""
    drawn = {code_text.draw() for _ in range(200)}

    assert len(drawn) == 200
    assert all(len(code) == 12 and not set(code) & set("0O1IL") for code in drawn)
    assert len(set(code_text.ALPHABET)) == 31


def test_a_code_is_shown_in_three_groups() -> None:
    assert code_text.grouped(CODE) == "K7M3 9QXA H4TB"


@pytest.mark.parametrize(
    "typed",
    [
        "K7M39QXAH4TB",
        "k7m3 9qxa h4tb",
        "  K7M3-9QXA-H4TB \n",
        "K7M3\u00a09QXA\u202fH4TB",
        "K7M3–9QXA—H4TB",
        "K7M3.9QXA.H4TB",
        "Ｋ７Ｍ３９ＱＸＡＨ４ＴＢ",
        "Votre code est K7M3 9QXA H4TB.",
        "code: k7m3 9qxa h4tb (30 jours)",
        "\u200bK7M3 9QXA H4TB",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    """C-12, P54"""
    assert code_text.read(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "K7M3 9QXA",
        "K7M3 9QXA H4TBX",
        "K7M3 9QXA H4T0",
        "123 456",
        "\x00" * 12,
        "🙂" * 12,
        "K" * 100_000,
        "\ud800",
    ],
)
def test_what_is_no_code_is_not_read_as_one(typed: str) -> None:
    assert code_text.read(typed) is None
