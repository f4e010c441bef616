"""One spelling for each password: the same characters typed on any keyboard are the same password."""

import unicodedata

LONGEST = 256
"""Characters a password may have; nothing is ever cut off (ASVS 6.2.9)."""


def normalise_password(plain: str) -> str:
    """NFKC (NIST SP 800-63B-4 §3.1.1.2): composed accents and compatibility forms become equal. Blanks stay."""
    return unicodedata.normalize("NFKC", plain)


def imported_spellings(plain: str) -> tuple[bytes, ...]:
    """Return the bytes that another system may have hashed (rulings 39): NFC, NFD, Latin-1; each once.

    How many there are depends on the typed password alone, never on whose it is.
    """
    composed = unicodedata.normalize("NFC", plain)
    spelled = [composed.encode("utf-8", "surrogatepass")]
    spelled.append(unicodedata.normalize("NFD", plain).encode("utf-8", "surrogatepass"))
    if all(ord(character) < 256 for character in composed):
        spelled.append(composed.encode("latin-1"))
    return tuple(dict.fromkeys(spelled))
