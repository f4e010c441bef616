"""The only source of randomness, and everything made opaque: tokens, codes, digests, sealed values.

- Random tokens are looked up by their `fingerprint` (plain SHA-256: they carry ≥ 128 bits of their own).
- Short or personal values are stored as `Vault.digest`: keyed, so that a stolen table cannot be searched.
- What must be read again (private keys, TOTP secrets, queued messages) is stored as `Vault.seal`.

Every keyed value starts with the id of its key, so that keys can be rotated (`idp keys reseal`).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from threading import Lock
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys import sealing
from keys.sealing import CannotOpen

__all__ = ["CannotOpen", "Vault", "code", "fingerprint", "new_id", "same", "token", "token_bytes", "weakness"]

LEAST_SECRET = 32  # 128 bits where they are written in hexadecimal (RFC 6749 §10.10)
LEAST_VARIETY = 8  # 32 random hexadecimal digits practically never have fewer different ones


def token_bytes(size: int) -> bytes:
    """`size` random bytes."""
    return secrets.token_bytes(size)


def token(size: int = 32) -> str:
    """A URL-safe random token of `size` bytes (43 characters for the default 256 bits)."""
    return secrets.token_urlsafe(size)


def code(length: int, alphabet: str) -> str:
    """A code for people: each symbol drawn evenly from `alphabet`."""
    number = secrets.randbelow(len(alphabet) ** length)  # one even draw, and its digits
    symbols = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        symbols.append(alphabet[place])
    return "".join(symbols)


def new_id(now: datetime) -> str:
    """A UUIDv7 (RFC 9562 §5.7): sorts by time, within one process also inside one millisecond (§6.2, method 2)."""
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
    """What makes a secret of two machines guessable, or an empty text. It is as good as it is long and random."""
    if len(secret) < LEAST_SECRET:
        return f"it has {len(secret)} characters; at least {LEAST_SECRET} random ones are needed"
    if len(set(secret)) < LEAST_VARIETY:
        return f"it consists of {len(set(secret))} different characters: it is not random"
    return ""


def fingerprint(random_token: str) -> str:
    """The stored form of a token that carries ≥ 128 random bits itself (ASVS 11.5.1). Never of a short code."""
    digest = hashlib.sha256(random_token.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def same(left: str, right: str) -> bool:
    """Constant-time comparison of two texts."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


class Vault:
    """Keyed digests and sealed values, under keys that come from the environment.

    `keys` maps key id → 32 or more secret bytes; `active` names the one used for new values. Purposes separate
    uses: the digest of one purpose never equals that of another.
    """

    def __init__(self, keys: Mapping[str, bytes], active: str) -> None:
        if active not in keys:
            raise ValueError(f"the active key {active!r} is not among the configured keys")
        self.active = active
        self._keys = dict(keys)
        self._derive = cache(self._derived)

    def digest(self, purpose: str, *parts: str) -> str:
        """`<key id>.<HMAC-SHA-256>` under the active key; parts are length-prefixed, so they cannot run together."""
        return self._digest(self.active, purpose, parts)

    def digests(self, purpose: str, *parts: str) -> tuple[str, ...]:
        """The digest under every known key, active first: for look-ups while keys are being rotated."""
        ordered = [self.active, *(kid for kid in self._keys if kid != self.active)]
        return tuple(self._digest(kid, purpose, parts) for kid in ordered)

    def matches(self, stored: str, purpose: str, *parts: str) -> bool:
        """Whether `stored` is the digest of these parts, under whichever key made it."""
        kid = stored.partition(".")[0]
        return kid in self._keys and same(stored, self._digest(kid, purpose, parts))

    def seal(self, purpose: str, plaintext: bytes, *, context: str = "") -> str:
        """`<key id>.<format><ciphertext>`; opens only for the same purpose and context (a row id, say)."""
        sealed = sealing.seal(
            self._derive(self.active, "seal:" + purpose),
            plaintext,
            context=context.encode(),
            nonce=token_bytes(sealing.NONCE_BYTES),
        )
        return f"{self.active}.{sealed}"

    def open(self, purpose: str, sealed: str, *, context: str = "") -> bytes:
        """The sealed plaintext. Raises `CannotOpen` for an unknown key, another context or a changed value."""
        kid, _, body = sealed.partition(".")
        if kid not in self._keys:
            raise CannotOpen
        return sealing.open_sealed(self._derive(kid, "seal:" + purpose), body, context=context.encode())

    @property
    def sealed_prefix(self) -> str:
        """What a value begins with that was sealed with the active key, in the format of today."""
        return f"{self.active}.{sealing.MARK}"

    def _digest(self, kid: str, purpose: str, parts: tuple[str, ...]) -> str:
        mac = hmac.new(self._derive(kid, "digest:" + purpose), digestmod=hashlib.sha256)
        for part in parts:
            raw = part.encode("utf-8", "surrogatepass")
            mac.update(len(raw).to_bytes(8, "big") + raw)
        return f"{kid}.{urlsafe_b64encode(mac.digest()).rstrip(b'=').decode()}"

    def _derived(self, kid: str, info: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(self._keys[kid])
