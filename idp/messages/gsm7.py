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
    {
        "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "•": "*",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "œ": "oe", "Œ": "OE",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """The text in GSM-7: plain quotes and blanks, accents dropped that the alphabet lacks (`ê` → `e`).

    A text that cannot be folded (a company's name in another script) comes back unchanged.
    """
    text = unicodedata.normalize("NFC", text)
    folded = "".join(char if fits(char) else _bare(char) for char in text.translate(TYPOGRAPHY))
    return folded if fits(folded) else text


def fits(text: str) -> bool:
    """Whether every character is in the alphabet."""
    return set(text) <= BASIC | EXTENSION


def segments(text: str) -> int:
    """How many messages the text costs."""
    if fits(text):
        length, one, part = len(text) + sum(char in EXTENSION for char in text), 160, 153
    else:
        length, one, part = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // part)


def _bare(char: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return bare or char
