"""The passwords that attackers try first: known ones, and their usual variations.

Lists of leaked passwords hold mostly short ones: 308 of our 42 692 entries have twelve characters or more. Where a
longer one is asked for, it grows out of a short one by a few habits, and guessers know them (hashcat's rule files): the
word with a year, with a row of digits, twice, or two words in a row. These are derived from the most frequent words.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate, islice
from pathlib import Path

WORDS = Path(__file__).parent / "words"
OBVIOUS = (
    "motdepasse", "codeacces", "codedacces", "passe", "passwort", "kennwort", "password", "parola",
    "correcthorsebatterystaple", "chevalcorrectbatterieagrafe",
)  # fmt: skip

GREETINGS = (
    "bonjour", "bienvenue", "soleil", "chouchou", "doudou", "amour", "printemps", "automne", "vacances", "lausanne",
    "geneve", "suisse", "willkommen", "schatz", "sommer", "winter", "herbst", "fruhling", "schweiz", "zurich", "ciao",
    "benvenuto", "amore", "estate", "inverno", "primavera", "svizzera", "lugano", "welcome", "summer", "switzerland",
)  # fmt: skip
"""Words with which passwords here begin, without accents."""

YEARS = range(1940, 2035)
ENDINGS = ("1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "01", "007")
SUFFIXED, PAIRED = 300, 60
"""The numbers of frequent words that get every ending, and that are paired with each other."""


class EntryList:
    """Sorted entries in one text: a set of them takes eight times as much memory."""

    def __init__(self, entries: Iterable[str]) -> None:
        ordered = sorted(set(entries))
        self._lines = "".join(f"{entry}\n" for entry in ordered)
        self._starts = array("I", accumulate((len(entry) + 1 for entry in ordered[:-1]), initial=0))

    def __contains__(self, entry: str) -> bool:
        place = bisect_left(self._starts, entry, key=self._entry)
        return place < len(self._starts) and self._entry(self._starts[place]) == entry

    def __iter__(self) -> Iterator[str]:
        return map(self._entry, self._starts)

    def _entry(self, start: int) -> str:
        return self._lines[start : self._lines.index("\n", start)]


@cache
def known() -> EntryList:
    """Return every entry, folded, without blanks and signs. Built once per process."""
    return EntryList([*read("common_passwords"), *OBVIOUS, *_combined()])


def read(name: str) -> list[str]:
    """Return the entries of a list in `words/`, most frequent first."""
    return (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def _combined() -> Iterator[str]:
    words = [*OBVIOUS, *GREETINGS, *islice(filter(str.isalpha, read("common_passwords")), SUFFIXED)]
    for word in words:
        yield word * 2
        yield from (f"{word}{ending}" for ending in (*ENDINGS, *YEARS))
    paired = words[: len(OBVIOUS) + len(GREETINGS) + PAIRED]
    yield from (f"{first}{second}" for first in paired for second in paired)
