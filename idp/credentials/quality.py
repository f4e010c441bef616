"""Whether a password is good enough to choose: long enough and not guessable. Never composition rules.

NIST SP 800-63B-4 §3.1.1.2: a length floor, a blocklist of known passwords, context words. What is left is estimated
with zxcvbn, which is taught the most frequent French, German and Italian words (`words/`).
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path

from zxcvbn_rs_py import zxcvbn

from idp.credentials.normalised import LONGEST, normalise_password
from idp.wording import Text, text

WORDS = Path(__file__).parent / "words"
LANGUAGES = ("french", "german", "italian")
OBVIOUS = (
    "motdepasse", "codeacces", "codedacces", "passe", "passwort", "kennwort", "password", "parola",
    "correcthorsebatterystaple", "chevalcorrectbatterieagrafe",
)  # fmt: skip

CONTEXT_WORD = 4
"""Shorter words (« Li », « ch ») are part of too many others to be forbidden."""

ESTIMATED = 64
"""Characters that are enough to judge: the estimate takes quadratic time."""

GUESSES_PER_CHARACTER = 10 / 12
"""Decimal digits of guesses asked for each character of the floor: 10¹⁰ at 12, 10⁶ at 8 (a second factor is near)."""

MOST_GUESSES = 10.0

UNLEET = str.maketrans("013457@$!", "oieastasi")

SAME_AS_BEFORE = text("This is the password you had before. Choose another one.")


class Quality:
    """The word lists, read once per process. `context_words` are those of every portal (`passwords.context_words`)."""

    def __init__(self, context_words: Iterable[str] = ()) -> None:
        self._context_words = tuple(context_words)
        self._common = _common_passwords()
        self._words = _frequent_words()

    def problems(self, plain: str, *, floor: int, context_words: Iterable[str] = ()) -> list[Text]:
        """Every reason why the password cannot be chosen, in plain words; empty when it can.

        `context_words`: the person's names and address, the portal's and the fund's names; phrases are taken apart.
        """
        if len(plain) > LONGEST:
            return [text("Choose at most %(longest)d characters.", longest=LONGEST)]
        password = normalise_password(plain)
        context = list(dict.fromkeys(_context([*context_words, *self._context_words])))
        found: list[Text] = []
        if len(password) < floor:
            found.append(
                text("Choose at least %(floor)d characters. A phrase of several words works well.", floor=floor)
            )
        used = _used(password, context)
        if used:
            found.append(
                text("Leave out your name, your e-mail address and the name of the portal (here: %(word)s).", word=used)
            )
        if _spellings(password) & self._common:
            found.append(text("This password is too common or has leaked elsewhere. Choose another one."))
        elif len(password) >= floor and not used and self._guesses(password, context) < _enough(floor):
            found.append(text("This password is easy to guess. Add a few words that do not belong together."))
        return found

    def _guesses(self, password: str, context: list[str]) -> float:
        """The decimal logarithm of how many guesses it takes."""
        return zxcvbn(password[:ESTIMATED], [*context, *OBVIOUS, *self._words]).guesses_log10


def _enough(floor: int) -> float:
    return min(MOST_GUESSES, floor * GUESSES_PER_CHARACTER)


def _spellings(password: str) -> frozenset[str]:
    """As typed, and without blanks and signs: « Pass-word 123 » is as well known as « password123 »."""
    folded = password.casefold()
    return frozenset({folded, "".join(c for c in folded if c.isalnum())})


def _used(password: str, context: list[str]) -> str:
    """The first context word in the password, also when written with other accents or digits for letters."""
    plain = _without_accents(password.casefold())
    spellings = (plain, plain.translate(UNLEET))
    return next((word for word in context if any(_without_accents(word) in spelling for spelling in spellings)), "")


def _context(phrases: Iterable[str]) -> Iterator[str]:
    for phrase in phrases:
        folded = normalise_password(phrase).casefold()
        words = "".join(c if c.isalnum() else " " for c in folded).split()
        yield from (word for word in words if len(word) >= CONTEXT_WORD)


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset({*_read("common_passwords"), *OBVIOUS})


@cache
def _frequent_words() -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ranked_words()))


def _ranked_words() -> Iterator[str]:
    """The words of all languages, most frequent first, each with and without its accents."""
    for row in zip_longest(*(_read(language) for language in LANGUAGES), fillvalue=""):
        for word in filter(None, row):
            yield word
            yield _without_accents(word)


def _without_accents(folded: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))


def _read(name: str) -> list[str]:
    return (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
