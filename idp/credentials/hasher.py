"""Hashing and verifying passwords: Argon2id over a keyed pepper, at a bounded number at once.

Stored forms, all texts:
- `<key id>$argon2id$…`  ours: Argon2id of the HMAC of the normalised password under the named pepper key.
- `<key id>$wrap$<scheme and salt>$argon2id$…`  an imported fast hash inside the same.
- anything else: an imported slow hash as its directory wrote it (bcrypt, PBKDF2, sha512-crypt…), with capped cost.
"""

from dataclasses import dataclass

from idp.opaque import Vault
from idp.settings import Passwords


@dataclass(frozen=True)
class Verdict:
    """`needs_rehash`: right, but stored with older parameters, another key or an imported scheme."""

    ok: bool
    needs_rehash: bool = False


class Hasher:
    """Slow work: never call it inside a transaction."""

    def __init__(self, settings: Passwords, vault: Vault) -> None:
        raise NotImplementedError

    def hash(self, plain: str) -> str:
        """The stored form of a new password."""
        raise NotImplementedError

    def verify(self, plain: str, stored: str | None) -> Verdict:
        """Compare at the same cost whether there is a stored hash or not (None: unknown person)."""
        raise NotImplementedError

    def wrap(self, imported: str) -> str:
        """The wrapped form of an imported fast hash; any other stored form comes back as it is."""
        raise NotImplementedError
