"""Authenticated encryption of values at rest (AES-256-GCM), bound to the context they belong to.

A sealed value reads `<mark><nonce ‖ ciphertext ‖ tag>`, the latter in URL-safe base64. The mark names the format, so
that another cipher can follow. A value opens only with the same key and the same context: a sealed TOTP secret that is
moved to another row does not open there.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
IN_BASE64 = re.compile(r"[A-Za-z0-9_-]+")
MARK = "~~~~"
"""AES-256-GCM with a nonce of 96 bits. The mark is four characters that base64 does not know: the version before marks
skips them, and so opens what this one seals."""
UNMARKED = ""
"""The same format, as values carry it that were sealed before there were marks; `idp keys reseal` marks them."""


class CannotOpen(Exception):
    """The value was not sealed with this key and context, or was changed since."""


def seal(key: bytes, plaintext: bytes, *, context: bytes, nonce: bytes) -> str:
    """Encrypt for storage. `key` is 32 bytes, `nonce` 12 random bytes that are never used twice."""
    return MARK + urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plaintext, context)).rstrip(b"=").decode()


def open_sealed(key: bytes, sealed: str, *, context: bytes) -> bytes:
    """Return the plaintext of a sealed value, or `CannotOpen`."""
    body = sealed.lstrip(MARK[0])
    if sealed[: len(sealed) - len(body)] not in {MARK, UNMARKED} or not IN_BASE64.fullmatch(body):
        raise CannotOpen
    try:
        raw = urlsafe_b64decode(body + "=" * (-len(body) % 4))
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context)
    except (InvalidTag, Base64Error, ValueError) as error:
        raise CannotOpen from error
