"""Which passwords may be chosen."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idp.credentials.quality import Quality

TOO_SHORT = "Choose at least %(floor)d characters. A phrase of several words works well."
TOO_LONG = "Choose at most %(longest)d characters."
TOO_COMMON = "This password is too common or has leaked elsewhere. Choose another one."
IN_CONTEXT = "Leave out your name, your e-mail address and the name of the portal (here: %(word)s)."
GUESSABLE = "This password is easy to guess. Add a few words that do not belong together."

PORTAL_WORDS = ("cvci", "cifa", "connect", "akisnet", "assurance", "caisse", "credit", "municipal")
QUALITY = Quality(PORTAL_WORDS)


def reasons(plain: str, floor: int = 12, *context: str) -> list[str]:
    return [problem.msgid for problem in QUALITY.problems(plain, floor=floor, context_words=context)]


@pytest.mark.parametrize("floor", [6, 8, 12, 15])
def test_one_character_less_than_the_floor_is_too_short_and_the_floor_is_enough(floor: int) -> None:
    """C-07, A-25"""
    password = "xq7Kd-92mz wub4Lh"

    assert reasons(password[: floor - 1], floor) == [TOO_SHORT]
    assert reasons(password[:floor], floor) == []


def test_the_reason_names_the_floor_of_the_portal() -> None:
    """C-07"""
    (problem,) = QUALITY.problems("xq7Kd", floor=8)

    assert problem.values == {"floor": 8}


@pytest.mark.parametrize(
    "plain",
    [
        "cheval batterie agrafe",
        "quatre mots sans rapport",
        "Das blaue Fahrrad schläft",
        "il gatto mangia lentamente",
        "tigre mauve 47!",
        "Été pluvieux à Vevey",
        "d8!kQ2#pL9zx",
        "            a long one with blanks            ",
        "смешной длинный пароль",
        "🐎🔋📎🏔️🌋🚲🧀🎻🪁🛶🧊🪴",
    ],
)
def test_long_phrases_and_random_characters_may_be_chosen_without_any_class_rule(plain: str) -> None:
    """NIST SP 800-63B-4 §3.1.1.2: no composition rules"""
    assert reasons(plain) == []


@pytest.mark.parametrize("plain", ["correcthorsebatterystaple", "1qaz2wsx3edc", "123456789012", "Administrator"])
def test_a_known_password_is_refused(plain: str) -> None:
    """A-25"""
    assert reasons(plain) in ([TOO_COMMON], [GUESSABLE])


def test_a_password_of_the_blocklist_is_called_common_in_any_case() -> None:
    """NIST SP 800-63B-4 §3.1.1.2: a blocklist; A-25"""
    spellings = ("qwertyuiop123", "QWERTYUIOP123", "Qwerty-uiop 123", "Correct Horse Battery Staple")

    assert [reasons(plain) for plain in spellings] == [[TOO_COMMON]] * 4


@pytest.mark.parametrize(
    "plain",
    [
        "Bienvenue2026!",
        "Printemps2026!",
        "MotDePasse2026!",
        "Willkommen2026",
        "Sommer2026!!",
        "Benvenuto2026!",
        "Lausanne1234",
        "azertyuiop12",
        "qwertzuiop12",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "            ",
        "01.02.1970 1234",
        "soleilsoleil",
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(plain: str) -> None:
    """A-25: seasons, greetings and keyboard rows, in the languages of the people."""
    assert reasons(plain) in ([TOO_COMMON], [GUESSABLE])


@pytest.mark.parametrize(
    "plain",
    [
        "le vélo de Dupont roule",
        "le vélo de DUPONT roule",
        "un tour avec d u p o n t".replace(" ", "-") + "dupont",
        "ma-cvci-est-en-ville",
        "ma-CVC1-est-en-ville",
        "tigre mauve c0nnect 47",
        "Francois danse le tango",
        "jean mange une pomme",
        "bluewin dort à la cave",
    ],
)
def test_names_addresses_and_the_portals_words_are_refused(plain: str) -> None:
    """A-25"""
    context = ("François Dupont", "jean-f.dupont@bluewin.ch")

    assert reasons(plain, 12, *context) == [IN_CONTEXT]


def test_the_reason_names_the_word_that_was_found() -> None:
    """A-25"""
    (problem,) = QUALITY.problems("le vélo de DUPONT roule", floor=12, context_words=("Dupont",))

    assert problem.values == {"word": "dupont"}


def test_short_names_do_not_forbid_half_the_dictionary() -> None:
    assert reasons("quatre limaces polies", 12, "Li", "Max") == []


def test_all_reasons_are_told_at_once() -> None:
    assert reasons("lerochat", 12, "Rochat") == [TOO_SHORT, IN_CONTEXT]


def test_more_than_256_characters_are_refused_with_the_reason() -> None:
    assert reasons("xq7Kd92m" * 32) != [TOO_LONG]
    assert reasons("xq7Kd92m" * 32 + "x") == [TOO_LONG]


@given(st.text(max_size=300))
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_text_is_judged_without_an_error(plain: str) -> None:
    reasons(plain)


@pytest.mark.parametrize("plain", ["a" * 256, "ab" * 128, "password" * 32, "123" * 85, "qwertz" * 42, "\ufdfa" * 256])
def test_judging_takes_little_time_whatever_is_typed(plain: str) -> None:
    reasons("warm up")
    started = time.perf_counter()

    reasons(plain)

    assert time.perf_counter() - started < 0.5
