"""The typefaces of letters, embedded in every file: Open Sans for text, JetBrains Mono for the code.

Both cover the names of Europe (Latin with all accents, Greek, Cyrillic); `missing` says what they cannot print.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from idp.resources import TEMPLATES

FOLDER = TEMPLATES / "letters" / "fonts"

TEXT = "OpenSans-Regular"
STRONG = "OpenSans-Semibold"
CODE = "JetBrainsMono-Bold"


@cache
def register(folder: Path = FOLDER) -> dict[str, TTFont]:
    """Make the typefaces known to reportlab, once per process."""
    found = {name: TTFont(name, str(folder / f"{name}.ttf")) for name in (TEXT, STRONG, CODE)}
    for font in found.values():
        pdfmetrics.registerFont(font)
    return found


def missing(text: str) -> str:
    """Return the characters of `text` that have no glyph, each once."""
    known = register()[TEXT].face.charToGlyph
    return "".join(dict.fromkeys(character for character in text if ord(character) not in known))


@cache
def width(text: str, font: str, size: float) -> float:
    """Return the width of a line in points."""
    register()
    return float(pdfmetrics.stringWidth(text, font, size))


@lru_cache(maxsize=1024)
def lines(text: str, font: str, size: float, available: float) -> Sequence[str]:
    """`text` broken at blanks (never at non-breaking ones) into lines of at most `available` points.

    Most paragraphs are the same in all letters: measuring them again would be most of the work.
    """
    register()
    if pdfmetrics.stringWidth(text, font, size) <= available:
        return (text,)
    done: list[str] = []
    current = ""
    for word in text.split(" "):
        longer = f"{current} {word}" if current else word
        if current and pdfmetrics.stringWidth(longer, font, size) > available:
            done.append(current)
            current = word
        else:
            current = longer
    return (*done, current)
