"""The spelling of a registration code: twelve symbols without look-alikes, in three groups of four (C-12).

31 symbols give 59.4 bits. People may type blanks, hyphens, small letters, or paste a whole sentence with the code.
"""

import re
import unicodedata

from idp import random_values

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0/O and 1/I/L
LENGTH = 12
GROUP = 4

_LONGEST_LOOKED_AT = 200
_SEPARATORS = r"[\s\-‐‑‒–—−_.·]*"
_SYMBOL_GROUP = f"[{ALPHABET}]{{{GROUP}}}"
_CODE = re.compile(
    rf"(?<![A-Z0-9])({_SYMBOL_GROUP}){_SEPARATORS}({_SYMBOL_GROUP}){_SEPARATORS}({_SYMBOL_GROUP})(?![A-Z0-9])"
)
_NOT_A_SYMBOL = re.compile(r"[^A-Z0-9]+")


def draw() -> str:
    """Return a new code, without its blanks."""
    return random_values.code(LENGTH, ALPHABET)


def grouped(code: str) -> str:
    """`K7M39QXAH4TB` as people read it: `K7M3 9QXA H4TB`."""
    return " ".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read(typed: str) -> str | None:
    """Return the code in what a person typed or pasted; None where there is none."""
    text = unicodedata.normalize("NFKC", typed[:_LONGEST_LOOKED_AT]).upper()
    bare = _NOT_A_SYMBOL.sub("", text)
    if len(bare) == LENGTH:
        return bare if all(symbol in ALPHABET for symbol in bare) else None
    found = _CODE.search(text)
    return "".join(found.groups()) if found else None
