"""Proof Key for Code Exchange, S256 only (RFC 7636 §4.6)."""

import hashlib
import re
from base64 import urlsafe_b64encode

from idp import random_values

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def verifies(verifier: str, challenge: str) -> bool:
    """Return whether the verifier belongs to the challenge.

    Without a challenge there must be no verifier either: an attacker removed the challenge (RFC 9700 §2.1.1).
    """
    if not challenge or not verifier:
        return challenge == verifier
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return random_values.same(urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
