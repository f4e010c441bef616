"""The only source of randomness: tokens, ids and codes, and the fingerprints by which tokens are stored.

A random token carries 128 bits or more, so a plain SHA-256 of it is stored (`fingerprint`). Short or personal values
are stored as keyed digests instead (`idp.sealing`).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from threading import Lock
from uuid import UUID

LEAST_SECRET = 32  # 128 bits where they are written in hexadecimal (RFC 6749 §10.10)
LEAST_VARIETY = 8  # 32 random hexadecimal digits practically never have fewer different ones


def token_bytes(size: int) -> bytes:
    return secrets.token_bytes(size)


def token(size: int = 32) -> str:
    """Return a URL-safe random token of `size` bytes (43 characters for the default 256 bits)."""
    return secrets.token_urlsafe(size)


def code(length: int, alphabet: str) -> str:
    """Return a code for people: each symbol drawn evenly from `alphabet`."""
    number = secrets.randbelow(len(alphabet) ** length)  # one even draw, and its digits
    symbols = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        symbols.append(alphabet[place])
    return "".join(symbols)


def new_id(now: datetime) -> str:
    """Return a UUIDv7 (RFC 9562 §5.7). It sorts by time, in one process even within a millisecond (§6.2, method 2)."""
    milliseconds = int(now.timestamp() * 1000)
    tail = _tails.after(milliseconds)
    number = (milliseconds << 80) | (0x7 << 76) | ((tail >> 62) << 64) | (0b10 << 62) | (tail & (2**62 - 1))
    return str(UUID(int=number))


class _Tails:
    """The 74 random bits of a UUIDv7, growing while the millisecond stays the same."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = (0, 0)

    def after(self, milliseconds: int) -> int:
        with self._lock:
            last_milliseconds, last_tail = self._last
            grown = last_tail + 1 + secrets.randbits(32)
            tail = grown if milliseconds == last_milliseconds and grown < 2**74 else secrets.randbits(73)
            self._last = (milliseconds, tail)
            return tail


_tails = _Tails()


def weakness(secret: str) -> str:
    """Return the reason why a shared secret of two machines is guessable, or an empty text."""
    if len(secret) < LEAST_SECRET:
        return f"it has {len(secret)} characters; at least {LEAST_SECRET} random ones are needed"
    if len(set(secret)) < LEAST_VARIETY:
        return f"it consists of {len(set(secret))} different characters: it is not random"
    return ""


def fingerprint(random_token: str) -> str:
    """Return the stored form of a token that carries ≥ 128 random bits itself (ASVS 11.5.1). Never of a short code."""
    digest = hashlib.sha256(random_token.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def same(left: str, right: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
