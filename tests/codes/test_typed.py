"""Codes are read the way people type and paste them (X-06, C-12, D-08, P54)."""

import pytest

from idp.codes import typed
from idp.codes.rules import ALPHABETS, grouped

DIGITS, LETTERS, MIXED = ALPHABETS["digits"], ALPHABETS["letters"], ALPHABETS["mixed-case"]


@pytest.mark.parametrize(
    "text",
    [
        "482913",
        " 482913 ",
        "482 913",
        "482\u00a0913",
        "482\u202f913",
        "482-913",
        "482–913",
        "4 8 2 9 1 3",
        "４８２９１３",
        "Votre code est 482913",
        "Votre code est 482 913.",
        "e-services CVCI: 482913 est votre code de connexion (5 min).\n@login.example.ch #482913",
    ],
)
def test_six_digits(text: str) -> None:
    assert typed.read(text, DIGITS, 6) == "482913"


@pytest.mark.parametrize("text", ["", "48291", "4829131", "abcdef", "482913 482914 1", "0x482913a", "٤٨٢٩١٣"[:5]])
def test_what_is_no_code_is_read_as_none(text: str) -> None:
    assert typed.read(text, DIGITS, 6) in ("", "482914")


@pytest.mark.parametrize(
    "text",
    [
        "7KQ4M2XT9HWD",
        "7KQ4 M2XT 9HWD",
        "7kq4 m2xt 9hwd",
        "7KQ4-M2XT-9HWD",
        " 7kq4\u00a0m2xt\u00a09hwd",
        "Code d'accès : 7KQ4 M2XT 9HWD",
        "Enter this access code on the page:\n7KQ4 M2XT 9HWD",
    ],
)
def test_twelve_letters(text: str) -> None:
    """C-12"""
    assert typed.read(text, LETTERS, 12) == "7KQ4M2XT9HWD"


@pytest.mark.parametrize("text", ["aB7kQ", " aB7kQ", "aB 7kQ", "veuillez saisir le code aB7kQ."])
def test_five_mixed_case_symbols(text: str) -> None:
    assert typed.read(text, MIXED, 5) == "aB7kQ"


def test_case_matters_where_the_code_has_both() -> None:
    """D-08, D-15"""
    assert typed.read("AB7KQ", MIXED, 5) != "aB7kQ"


def test_codes_are_written_in_groups() -> None:
    assert grouped("482913") == "482 913"
    assert grouped("7KQ4M2XT9HWD") == "7KQ4 M2XT 9HWD"
    assert grouped("KWTXBEHR") == "KWTX BEHR"
    assert grouped("aB7kQ") == "aB7kQ"
