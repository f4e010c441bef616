"""The alphabet of SMS (3GPP TS 23.038): what fits into one, and how texts are folded so that they do.

A text in the GSM-7 alphabet may have 160 characters, any other 70; longer ones travel in parts of 153 or 67.
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€")
"""Characters that count twice."""

TYPOGRAPHY = str.maketrans(
    dict.fromkeys("’‘‚‛‹›′`´ʼʹ", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"•": "*", "·": ".", "⁄": "/", "×": "x"}
)
LETTERS = str.maketrans(
    {
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ĸ": "k", "ł": "l",
        "Ł": "L", "ŋ": "n", "Ŋ": "N", "œ": "oe", "Œ": "OE", "ŧ": "t", "Ŧ": "T", "ə": "e", "Ə": "E", "ẞ": "SS",
        "ƀ": "b", "ɓ": "b", "Ɓ": "B", "ɖ": "d", "Ɖ": "D", "ɗ": "d", "Ɗ": "D", "ƒ": "f", "Ƒ": "F", "ɨ": "i", "Ɨ": "I",
        "ƙ": "k", "Ƙ": "K", "ɔ": "o", "Ɔ": "O", "ɛ": "e", "Ɛ": "E", "ƶ": "z", "Ƶ": "Z", "ʒ": "z", "Ʒ": "Z",
    }
)  # fmt: skip
"""Latin letters that Unicode does not take apart into a plain letter and a mark."""

INVISIBLE = frozenset({"Cf", "Mn"})


def fold(text: str) -> str:
    """Return the text in GSM-7: plain quotes and blanks, and for letters that the alphabet lacks the plain ones that
    they look like (`ê` → `e`, `ł` → `l`).

    A text with a character that looks like none (a company's name in another script) comes back unchanged.
    """
    text = unicodedata.normalize("NFC", text)
    folded = "".join(char if is_encodable(char) else _likeness(char) for char in text)
    return folded if is_encodable(folded) else text


def is_encodable(text: str) -> bool:
    """Return whether every character is in the alphabet."""
    return set(text) <= BASIC | EXTENSION


def segments(text: str) -> int:
    """Return how many messages the text costs."""
    if is_encodable(text):
        length, one, part = len(text) + sum(char in EXTENSION for char in text), 160, 153
    else:
        length, one, part = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // part)


def _likeness(char: str) -> str:
    parts = unicodedata.normalize("NFKD", char.translate(TYPOGRAPHY)).translate(TYPOGRAPHY).translate(LETTERS)
    return "".join(" " if part.isspace() else part for part in parts if unicodedata.category(part) not in INVISIBLE)
