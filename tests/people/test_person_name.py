"""One rule for names of people, wherever they come from: as registers have them, and no place for a message."""

import pytest

from idp.people.person_name import read_name
from idp.wording import Text


@pytest.mark.parametrize(
    "written",
    [
        "Müller/Meier",
        "v.Arx",
        "St.Clair",
        "ST.CLAIR",
        "v.d.Heiden",
        "Dr.Meier",
        "J.-P.Müller",
        "Meier (Bern)",
        "Meier [geb. Huber]",
        "D’Angelo",
        "O'Neill",
        "Anne B. C.",
        "St. Gallen",
        "Nuñez i Pérez",
        "محمد",
        "山田",
        "x" * 100,
    ],
)
def test_a_name_as_registers_have_it_is_a_name(written: str) -> None:
    """eCH-0044: names have up to 100 characters, and more signs than letters"""
    assert read_name(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "Win at www.evil.example",
        "www.Evil",
        "https://evil.example/x",
        "//evil",
        "Call Evil.ch",
        "Evil.Ch",
        "Keller evil.example",
        "bit.Info",
        "BIT.COM",
        "evil。com",
        "evil．com",
        "xn--80ak6aa92e.Xn--p1ai",
        "Evil.Martin",
        "anne@evil.example",
        "<b>Anne</b>",
        "Anne{}",
    ],
)
def test_an_address_is_no_name(written: str) -> None:
    """OWASP Web Security Testing Guide 4.11.3: mail programs and phones would make a link of it"""
    found = read_name(written)

    assert isinstance(found, Text)
    assert found.msgid == "A name cannot contain a web or email address."


def test_a_name_of_more_characters_than_a_register_holds_is_none() -> None:
    assert read_name("x" * 101) == Text("Use no more than %(longest)d characters.", {"longest": 100})


def test_composed_and_decomposed_letters_are_the_same_name() -> None:
    assert read_name("Rene\u0301e  Mu\u0308ller ") == "Renée Müller"


def test_a_name_does_not_turn_the_words_around_it() -> None:
    """Unicode UAX #9: an override in a name would show the rest of a mail backwards"""
    assert read_name("Anne\u202e \u2067Rochat") == "Anne Rochat"
