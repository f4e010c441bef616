"""Which passwords may be chosen."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idp.credentials import common_passwords
from idp.credentials.quality import Quality
from idp.wording import Text

TOO_SHORT = "Choose at least %(floor)d characters. A phrase of several words works well."
TOO_LONG = "Choose at most %(longest)d characters."
TOO_COMMON = "This password is too common or has leaked elsewhere. Choose another one."
IN_CONTEXT = "Do not use your name, email address or the name of the portal (here: %(word)s)."
GUESSABLE = "This password is easy to guess (%(why)s). Add a few words that do not belong together."

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


CONTEXT = ("François Dupont", "jean-f.dupont@bluewin.ch")


@pytest.mark.parametrize(
    "plain",
    [
        "Dupont-1957!",
        "DUPONT 1957 2026",
        "dupont dupont dupont",
        "FrancoisDupont",
        "François.Dupont1957",
        "D0p0nt & dup0nt 12",
        "ma-cvci-1234",
        "CVC1 CVC1 CVC1",
        "c0nnect@1234567",
        "Bluewin2026!",
    ],
)
def test_names_addresses_and_the_portals_words_do_not_count(plain: str) -> None:
    """A-25, NIST SP 800-63B-4 §3.1.1.2: without them, too little is left"""
    assert reasons(plain, 12, *CONTEXT) == [IN_CONTEXT]


@pytest.mark.parametrize(
    ("plain", "person"),
    [
        ("quatre belles années de lumière", "Anne Rochat"),
        ("le rocher chatouille la mer", "Anne Rochat"),
        ("trois martins pêcheurs bleus", "Martin Roch"),
        ("le vélo de Dupont roule en zigzag", "François Dupont"),
        ("une assurance tombe du balcon", "Anne Rochat"),
        ("Das Annemöhrchen schläft tief", "Anne Rochat"),
    ],
)
def test_a_good_sentence_may_hold_such_a_word_or_its_letters(plain: str, person: str) -> None:
    """A-25: whole words count, and only where they are what makes the password long enough"""
    assert reasons(plain, 12, *person.split()) == []


@pytest.mark.parametrize("plain", ["annerochatannerochat", "rochatanne26121957", "dupontdupont12", "cvcicvcicvci"])
def test_such_words_run_together_are_easy_to_guess(plain: str) -> None:
    """A-25: guessers try them first"""
    context = ("Anne Rochat", "anne.rochat@example.ch", *CONTEXT)

    assert reasons(plain, 12, *context) in ([GUESSABLE], [IN_CONTEXT])


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        ("rochatanne26121957", "your name, your address or the name of the portal: rochat"),
        ("r0chat4nne2612", "your name, your address or the name of the portal: rochat"),
        ("abcdefghijklmn", "characters in a row: abcd"),
        ("qwertzuiop!12", "characters in a row: qwer"),
        ("aaaaaaaaaaaaaaab", "the same characters or words again and again"),
        ("01.02.1970 11", "a date or a year with little else"),
        ("Bienvenue fenetre", "words that are used very often"),
    ],
)
def test_the_reason_says_what_guessers_would_try(plain: str, why: str) -> None:
    """A-25, ASVS 6.2.1"""
    (problem,) = QUALITY.problems(plain, floor=12, context_words=("Anne Rochat",))

    found = problem.values["why"]
    assert problem.msgid == GUESSABLE
    assert isinstance(found, Text)
    assert found.msgid % found.values == why


def test_the_reason_names_the_word_that_was_found() -> None:
    """A-25"""
    (problem,) = QUALITY.problems("DUPONT 1957 2026", floor=12, context_words=("Dupont",))

    assert problem.values == {"word": "dupont"}


def test_short_names_do_not_forbid_half_the_dictionary() -> None:
    assert reasons("quatre limaces polies", 12, "Li", "Max") == []


def test_all_reasons_are_told_at_once() -> None:
    assert reasons("le rochat", 12, "Rochat") == [TOO_SHORT, IN_CONTEXT]


def test_more_than_256_characters_are_refused_with_the_reason() -> None:
    assert reasons("xq7Kd92m" * 32) != [TOO_LONG]
    assert reasons("xq7Kd92m" * 32 + "x") == [TOO_LONG]


@given(st.text(max_size=300))
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_text_is_judged_without_an_error(plain: str) -> None:
    reasons(plain)


@pytest.mark.parametrize("floor", [8, 12])
def test_at_each_floor_in_use_three_thousand_common_passwords_are_known(floor: int) -> None:
    """ASVS 6.2.4"""
    assert sum(len(entry) >= floor for entry in common_passwords.known()) >= 3000


@pytest.mark.parametrize(
    "plain", ["Bonjour 1985 !", "password2026", "motdepasse1234", "willkommen2024", "Soleil-Soleil", "amour chouchou"]
)
def test_what_people_make_of_common_words_is_called_common(plain: str) -> None:
    """ASVS 6.2.4"""
    assert reasons(plain) == [TOO_COMMON]


HEAVY = (
    "a" * 256,
    "ab" * 128,
    "password" * 32,
    "123" * 85,
    "qwertz" * 42,
    "\ufdfa" * 256,
    "01.02.1970" * 25,
    "4@8({[<369!10|7$5+%2" * 12,
    "1740({[<!|$+%@passwort" * 11,
    "7193086452({" * 21,
)


@pytest.mark.parametrize("plain", HEAVY)
def test_judging_takes_little_time_whatever_is_typed(plain: str) -> None:
    """ASVS 2.4.1: signs that stand for letters cost most, since every combination is tried"""
    reasons("warm up")
    started = time.thread_time()

    reasons(plain)

    assert time.thread_time() - started < 0.3


@pytest.mark.parametrize("plain", HEAVY)
def test_what_is_told_at_first_sight_takes_no_time_at_all(plain: str) -> None:
    started = time.thread_time()

    QUALITY.faults(plain, floor=12, context_words=CONTEXT)

    assert time.thread_time() - started < 0.03


def test_signs_for_letters_hide_nothing() -> None:
    """A-25"""
    assert [reasons(plain) for plain in ("P@$$w0r+!{w0r|d", "M0+d3p@$$3!!!")] == [[GUESSABLE]] * 2
