"""One spelling for each password: the same characters typed on any keyboard are the same password."""

import unicodedata

LONGEST = 256
"""Characters a password may have; nothing is ever cut off (ASVS 6.2.9)."""


def normalise_password(plain: str) -> str:
    """NFKC (NIST SP 800-63B-4 §3.1.1.2): composed accents and compatibility forms become equal. Blanks stay."""
    return unicodedata.normalize("NFKC", plain)
