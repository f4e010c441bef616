"""Reads a code the way people type and paste it (X-06).

Blanks, non-breaking blanks, dashes and dots between the symbols do not matter, nor does a sentence around the code
(“Votre code est 123456.”), nor upper and lower case where the alphabet has one case only.
"""

import re
import unicodedata
from functools import cache

SEPARATORS = r"[\s\-‐-―−._·]"
BETWEEN = re.compile(SEPARATORS + "+")
LONGEST = 500
"""Nobody types more around a code; the rest is not looked at."""


def read(typed: str, symbols: str, length: int) -> str:
    """Return the code in `typed`, as it was issued: `length` of `symbols`. An empty text if there is none."""
    text = unicodedata.normalize("NFKC", typed[:LONGEST])
    if symbols == symbols.upper():
        text = text.upper()
    whole = BETWEEN.sub("", text)
    if len(whole) == length and set(whole) <= set(symbols):
        return whole
    found = _within(symbols, length).findall(text)
    return BETWEEN.sub("", found[-1]) if found else ""


@cache
def _within(symbols: str, length: int) -> re.Pattern[str]:
    """A code inside other words: digits grouped at will, letters in one piece or in groups of four."""
    symbol = f"[{re.escape(symbols)}]"
    if symbols.isdigit():
        code = f"{symbol}(?:{SEPARATORS}*{symbol}){{{length - 1}}}"
    elif length % 4 == 0:
        code = f"{symbol}{{4}}(?:{SEPARATORS}*{symbol}{{4}}){{{length // 4 - 1}}}"
    else:
        code = f"{symbol}{{{length}}}"
    return re.compile(rf"(?<!\w){code}(?!\w)")
