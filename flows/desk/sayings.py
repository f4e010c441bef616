"""Sentences that the program says in English, and the words in which a page of the desk says them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from idp.wording import Text

Value = Callable[[str, str], object]
"""Returns what to show of a named group, by its name and what it holds."""


@dataclass(frozen=True)
class Saying:
    """A sentence of the program and how the page says it, with the same names in both."""

    pattern: re.Pattern[str]
    said: Text


def saying(pattern: str, said: Text) -> Saying:
    """Return the pair; the pattern is that of the whole sentence."""
    return Saying(re.compile(pattern), said)


def as_it_is(_name: str, found: str) -> str:
    return found


def said_by(sayings: Iterable[Saying], sentence: str, value: Value = as_it_is) -> Text | None:
    """Return the sentence as the page says it; None for one that no saying is for."""
    for each in sayings:
        if found := each.pattern.fullmatch(sentence):
            return _filled(each.said, found.groupdict(default=""), value)
    return None


def _filled(said: Text, found: Mapping[str, str], value: Value) -> Text:
    return Text(said.msgid, {name: value(name, holds) for name, holds in found.items()})
