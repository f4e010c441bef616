"""Keyed digests and sealed values, for what must not be readable in a stolen database.

- Short or personal values are stored as `Sealer.digest`: keyed, so that a stolen table cannot be searched.
- Values that must be read again (private keys, TOTP secrets, queued messages) are stored as `Sealer.seal`.

Every value starts with the id of its key, so that keys can be rotated (`idp keys reseal`).
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp import random_values
from keys import sealing
from keys.sealing import CannotOpen

__all__ = ["CannotOpen", "Sealer"]


class Sealer:
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

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of every known key."""
        return tuple(self._keys)

    def digest(self, purpose: str, *parts: str) -> str:
        """`<key id>.<HMAC-SHA-256>` under the active key; parts are length-prefixed, so they cannot run together."""
        return self._digest(self.active, purpose, parts)

    def digests(self, purpose: str, *parts: str) -> tuple[str, ...]:
        """Return the digest under every known key, active first: for lookups while keys are being rotated."""
        ordered = [self.active, *(kid for kid in self._keys if kid != self.active)]
        return tuple(self._digest(kid, purpose, parts) for kid in ordered)

    def matches(self, stored: str, purpose: str, *parts: str) -> bool:
        """Return whether `stored` is the digest of these parts, under whichever key made it."""
        kid = stored.partition(".")[0]
        return kid in self._keys and random_values.same(stored, self._digest(kid, purpose, parts))

    def seal(self, purpose: str, plaintext: bytes, *, context: str = "") -> str:
        """`<key id>.<format><ciphertext>`; opens only for the same purpose and context (a row id, say)."""
        sealed = sealing.seal(
            self._derive(self.active, "seal:" + purpose),
            plaintext,
            context=context.encode(),
            nonce=random_values.token_bytes(sealing.NONCE_BYTES),
        )
        return f"{self.active}.{sealed}"

    def open(self, purpose: str, sealed: str, *, context: str = "") -> bytes:
        """Return the sealed plaintext. Raises `CannotOpen` for an unknown key, another context or a changed value."""
        kid, _, body = sealed.partition(".")
        if kid not in self._keys:
            raise CannotOpen
        return sealing.open_sealed(self._derive(kid, "seal:" + purpose), body, context=context.encode())

    @property
    def sealed_prefix(self) -> str:
        """The beginning of every value that is sealed with the active key in the current format."""
        return f"{self.active}.{sealing.MARK}"

    def _digest(self, kid: str, purpose: str, parts: tuple[str, ...]) -> str:
        mac = hmac.new(self._derive(kid, "digest:" + purpose), digestmod=hashlib.sha256)
        for part in parts:
            raw = part.encode("utf-8", "surrogatepass")
            mac.update(len(raw).to_bytes(8, "big") + raw)
        return f"{kid}.{urlsafe_b64encode(mac.digest()).rstrip(b'=').decode()}"

    def _derived(self, kid: str, info: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(self._keys[kid])
