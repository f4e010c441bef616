"""The quality of a password that is being chosen: long enough and not guessable. Never composition rules.

NIST SP 800-63B-4 §3.1.1.2: a length floor, a blocklist of known passwords, context words, on demand the passwords of
known breaches (`breached`). The rest is estimated with zxcvbn, which is taught the most frequent French, German and
Italian words (`words/`).

The estimate is the one slow part: `faults` does without it and may be asked anywhere, `problems` belongs into
`prepare`, after a debit. It is bounded by the characters it looks at, and by the signs it may take for letters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import zip_longest

from zxcvbn_rs_py import zxcvbn

from idp.credentials import common_passwords
from idp.credentials.breached import BreachedPasswords
from idp.credentials.normalised import LONGEST, normalise_password
from idp.wording import Text, text

LANGUAGES = ("french", "german", "italian")
CONTEXT_WORD = 4
"""Shorter words (« Li », « ch ») are part of too many others to be forbidden."""

ESTIMATED = 32
"""Characters that are enough to judge: the estimate takes quadratic time."""

SIGNS = "@({[<!|$+%"
SIGNS_FOR_LETTERS = 2
"""The number of kinds of signs that the estimate may read as letters: it tries every combination.

Others become letters.
"""

GUESSES_PER_CHARACTER = 10 / 12
"""Decimal digits of guesses asked for each character of the floor: 10¹⁰ at 12, 10⁶ at 8 (a second factor is near)."""

MOST_GUESSES = 10.0

UNLEET = str.maketrans("013457@({[<!|$+%", "oieastaccccilstx")
CHUNK = re.compile(r"[^\W_]+(?:[@$!][^\W_]+)*[@$!]*")
INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
LETTERS = re.compile(r"[^\W\d_]+")

RUN = 4
"""Characters that follow each other, on the keyboard or in the alphabet: shorter ones are chance."""

ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertzuiop",
    "qwertyuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
)
RUNS = frozenset(row[i : i + RUN] for line in ROWS for row in (line, line[::-1]) for i in range(len(row) - RUN + 1))
REPEATED = re.compile(r"(.{1,20}?)\1{2,}|(.{3,20})\2")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")

TOO_COMMON = text("This password is too common or has leaked elsewhere. Choose another one.")
SAME_AS_BEFORE = text("This is the password you had before. Choose another one.")


class Quality:
    """The word lists, read once per process. `context_words` are those of every portal (`passwords.context_words`).

    `breached` is the filter of `passwords.breached_filter`, if there is one.
    """

    def __init__(self, context_words: Iterable[str] = (), breached: BreachedPasswords | None = None) -> None:
        self._context_words = tuple(context_words)
        self._common = common_passwords.known()
        self._breached = breached
        self._words = _frequent_words()

    def faults(self, plain: str, *, floor: int, context_words: Iterable[str] = ()) -> list[Text]:
        """Return the quick findings: length, words, well-known passwords. This is cheap for any input.

        `context_words`: the person's names and address, the names of their portals and funds; phrases are taken apart.
        """
        if len(plain) > LONGEST:
            return [text("Choose at most %(longest)d characters.", longest=LONGEST)]
        password = normalise_password(plain)
        found: list[Text] = []
        if len(password) < floor:
            found.append(
                text("Choose at least %(floor)d characters. A phrase of several words works well.", floor=floor)
            )
        used = _used(password, self._context(context_words), floor)
        if used:
            found.append(
                text("Do not use your name, email address or the name of the portal (here: %(word)s).", word=used)
            )
        if any(spelling in self._common for spelling in _spellings(password)):
            found.append(TOO_COMMON)
        return found

    def problems(self, plain: str, *, floor: int, context_words: Iterable[str] = ()) -> list[Text]:
        """Return every reason why the password cannot be chosen, in plain words; empty when it can.

        Slow: for `prepare`.
        """
        context_words = tuple(context_words)
        found = self.faults(plain, floor=floor, context_words=context_words)
        if found:
            return found
        if self._breached is not None and self._breached.holds(plain):
            return [TOO_COMMON]
        if self._guesses(normalise_password(plain), self._context(context_words)) < _enough(floor):
            why = _why_guessable(normalise_password(plain), self._context(context_words))
            return [
                text("This password is easy to guess (%(why)s). Add a few words that do not belong together.", why=why)
            ]
        return []

    def _context(self, context_words: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(_context([*context_words, *self._context_words])))

    def _guesses(self, password: str, context: list[str]) -> float:
        """Return the decimal logarithm of how many guesses it takes."""
        return zxcvbn(_estimated(password), [*context, *common_passwords.OBVIOUS, *self._words]).guesses_log10


def _why_guessable(password: str, context: Iterable[str]) -> Text:
    """Return what guessers try first in it. A word of the person comes before a row of keys, and both before words of
    the dictionary, of which nothing else is left."""
    folded = _without_accents(password.casefold())
    spelt = {folded, folded.translate(UNLEET)}
    held = (word for word in context if any(_without_accents(word) in each for each in spelt))
    used = max(held, key=len, default="")
    if used:
        return text("your name, your address or the name of the portal: %(word)s", word=used)
    if _of_one_kind(folded):
        return text("the same characters or words again and again")
    row = next((folded[i : i + RUN] for i in range(len(folded)) if folded[i : i + RUN] in RUNS), "")
    if row:
        return text("characters in a row: %(row)s", row=row)
    return text("a date or a year with little else") if YEAR.search(folded) else text("words that are used very often")


def _of_one_kind(folded: str) -> bool:
    """Return whether repetitions make up half of the password."""
    return sum(len(found[0]) for found in REPEATED.finditer(folded)) * 2 >= len(folded)


def _estimated(password: str) -> str:
    """Return zxcvbn's input: the beginning of the password, with few kinds of signs that could stand for letters."""
    beginning = password[:ESTIMATED]
    kinds = list(dict.fromkeys(c for c in beginning if c in SIGNS))
    letters = {ord(sign): chr(UNLEET[ord(sign)]) for sign in kinds[SIGNS_FOR_LETTERS:]}
    return beginning.translate(letters)


def _enough(floor: int) -> float:
    return min(MOST_GUESSES, floor * GUESSES_PER_CHARACTER)


def _spellings(password: str) -> frozenset[str]:
    """As typed, and without blanks and signs: « Pass-word 123 » is as well known as « password123 »."""
    folded = password.casefold()
    return frozenset({folded, "".join(c for c in folded if c.isalnum())})


def _used(password: str, context: list[str], floor: int) -> str:
    """Return the context word without which too little is left; a good sentence may hold one.

    Only whole words count (« années » holds no Anne), also with other accents, with digits or signs for letters or
    around them, and where capitals part them. Words that run together are left to the estimate, which knows them.
    """
    words, used = {_without_accents(word): word for word in context}, []

    def left_of(chunk: re.Match[str]) -> str:
        left = chunk[0]
        for part in dict.fromkeys((left, *INNER_CAPITAL.split(left))):
            found = next((form for form in _forms(part.casefold()) if form in words), "")
            if found:
                used.append(words[found])
                left = left.replace(part, part[len(found) :])
        return left

    left = CHUNK.sub(left_of, _without_accents(password))
    return used[0] if used and len(" ".join(left.split())) < floor else ""


def _forms(folded: str) -> Iterator[str]:
    """Return the words that a written word may stand for."""
    yield folded
    yield folded.translate(UNLEET)
    bare = folded.strip("0123456789@$!")
    yield bare
    yield bare.translate(UNLEET)
    yield from LETTERS.findall(folded)


def _context(phrases: Iterable[str]) -> Iterator[str]:
    for phrase in phrases:
        folded = normalise_password(phrase).casefold()
        words = "".join(c if c.isalnum() else " " for c in folded).split()
        yield from (word for word in words if len(word) >= CONTEXT_WORD)


@cache
def _frequent_words() -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ranked_words()))


def _ranked_words() -> Iterator[str]:
    """Yield the words of all languages, most frequent first, each with and without its accents."""
    for row in zip_longest(*(common_passwords.read(language) for language in LANGUAGES), fillvalue=""):
        for word in filter(None, row):
            yield word
            yield _without_accents(word)


def _without_accents(folded: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
