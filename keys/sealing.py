"""Authenticated encryption of values at rest (AES-256-GCM), bound to the context they belong to.

A sealed value reads `<nonce ‖ ciphertext ‖ tag>` in URL-safe base64. It opens only with the same key and the
same context, so a sealed TOTP secret moved to another row does not open there.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class CannotOpen(Exception):
    """The value was not sealed with this key and context, or was changed since."""


def seal(key: bytes, plaintext: bytes, *, context: bytes, nonce: bytes) -> str:
    """Encrypt for storage. `key` is 32 bytes, `nonce` 12 random bytes that are never used twice."""
    return urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plaintext, context)).rstrip(b"=").decode()


def open_sealed(key: bytes, sealed: str, *, context: bytes) -> bytes:
    """The plaintext of a sealed value, or `CannotOpen`."""
    try:
        raw = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context)
    except (InvalidTag, Base64Error, ValueError) as error:
        raise CannotOpen from error
