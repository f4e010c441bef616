"""Hashing and verifying passwords: Argon2id over a keyed pepper, a bounded number at once.

Stored forms, all texts:
- `peppered:<key id>:$argon2id$…`: Argon2id of the keyed digest of the normalised password.
- `wrapped:<key id>:<scheme>:<salt>:$argon2id$…`: the same around an imported fast hash.
- `imported:<scheme>:<hash>`: an imported slow hash (`imported_hashes.adopt`).

Every check costs the same, whoever is asked for: one Argon2id, and one hash of the scheme in
`passwords.imported_scheme` where imported passwords of such a slow scheme are still around.
"""

from dataclasses import dataclass
from threading import BoundedSemaphore

from argon2 import Parameters, extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret, verify_secret

from idp import opaque
from idp.credentials import imported_hashes
from idp.credentials.normalised import LONGEST, normalise_password
from idp.opaque import Vault
from idp.settings import Passwords, SettingsError

PEPPERED = "peppered"
WRAPPED = "wrapped"
PEPPER = "password-pepper"

SALT_BYTES = 16
HASH_BYTES = 32
LANES = 1


@dataclass(frozen=True)
class Verdict:
    """`needs_rehash`: right, but stored with older parameters, another key or an imported scheme."""

    ok: bool
    needs_rehash: bool = False


@dataclass(frozen=True)
class Peppered:
    """One Argon2id value: `encoded` is its own text, `kid` names the pepper key."""

    kid: str
    encoded: str


@dataclass(frozen=True)
class Comparison:
    """What has to be computed: `secret` against `peppered`, and `plain` against the stored form `imported` if any.

    The imported form decides where `imported_decides`; else it is there for its cost.
    """

    secret: str
    peppered: Peppered
    plain: str
    imported: str
    imported_decides: bool = False


class Hasher:
    """Slow work: never call it inside a transaction. Raises `SettingsError` for an `imported_scheme` nobody knows."""

    def __init__(self, settings: Passwords, vault: Vault) -> None:
        self._vault = vault
        self._parameters = Parameters(
            type=Type.ID,
            version=ARGON2_VERSION,
            salt_len=SALT_BYTES,
            hash_len=HASH_BYTES,
            time_cost=settings.passes,
            memory_cost=settings.memory_kib,
            parallelism=LANES,
        )
        self._at_once = BoundedSemaphore(settings.concurrency)
        self._decoy = self._pepper(opaque.token())
        self._imported_decoy = _example(settings.imported_scheme)

    def hash(self, plain: str) -> str:
        """The stored form of a new password. Raises `ValueError` above `LONGEST` characters."""
        if len(plain) > LONGEST:
            raise ValueError("longer than a password may be")
        made = self._pepper(normalise_password(plain))
        return f"{PEPPERED}:{made.kid}:{made.encoded}"

    def verify(self, plain: str, stored: str | None) -> Verdict:
        """Compare at the same cost whether there is a stored hash or not (None: unknown person).

        Raises `ValueError` for a text that is no stored form.
        """
        usable = len(plain) <= LONGEST
        comparison = self._comparison(plain if usable else "", stored or "")
        with self._at_once:
            right = self._matches(comparison.secret, comparison.peppered)
            imported_right = bool(comparison.imported) and imported_hashes.verify(comparison.plain, comparison.imported)
        ok = usable and (imported_right if comparison.imported_decides else right)
        return Verdict(ok, ok and not self._is_current(stored or ""))

    def wrap(self, stored: str) -> str:
        """The wrapped form of an imported fast hash; any other stored form comes back as it is."""
        if not imported_hashes.is_fast(stored):
            return stored
        scheme, written = imported_hashes.parse(stored)
        made = self._pepper(written)
        return f"{WRAPPED}:{made.kid}:{scheme}:{imported_hashes.salt_of(stored)}:{made.encoded}"

    def _comparison(self, plain: str, stored: str) -> Comparison:
        kind, _, rest = stored.partition(":")
        if kind == PEPPERED:
            kid, encoded = rest.split(":", 1)
            return Comparison(normalise_password(plain), Peppered(kid, encoded), plain, self._imported_decoy)
        if kind == WRAPPED:
            kid, scheme, salt, encoded = rest.split(":", 3)
            inner = imported_hashes.recompute(plain, scheme, salt)
            return Comparison(inner, Peppered(kid, encoded), plain, self._imported_decoy)
        if kind == imported_hashes.PREFIX:
            return Comparison(plain, self._decoy, plain, stored, imported_decides=True)
        if kind:
            raise ValueError("this is not a stored form of a password")
        return Comparison(plain, self._decoy, plain, self._imported_decoy)

    def _matches(self, secret: str, stored: Peppered) -> bool:
        """One Argon2id, also when the key is gone: then the decoy's."""
        digests = {digest.partition(".")[0]: digest for digest in self._vault.digests(PEPPER, secret)}
        known = stored if stored.kid in digests else self._decoy
        try:
            return verify_secret(known.encoded.encode(), digests[known.kid].encode(), Type.ID)
        except VerifyMismatchError:
            return False

    def _pepper(self, secret: str) -> Peppered:
        settings = self._parameters
        with self._at_once:
            encoded = hash_secret(
                self._vault.digest(PEPPER, secret).encode(),
                opaque.token_bytes(settings.salt_len),
                time_cost=settings.time_cost,
                memory_cost=settings.memory_cost,
                parallelism=settings.parallelism,
                hash_len=settings.hash_len,
                type=settings.type,
            )
        return Peppered(self._vault.active, encoded.decode())

    def _is_current(self, stored: str) -> bool:
        kind, _, rest = stored.partition(":")
        kid, _, encoded = rest.partition(":")
        return kind == PEPPERED and kid == self._vault.active and extract_parameters(encoded) == self._parameters


def _example(scheme: str) -> str:
    known = imported_hashes.COST_CAPS
    if scheme and scheme not in known:
        raise SettingsError(f"passwords.imported_scheme: {scheme!r} is none of {', '.join(sorted(known))}")
    return imported_hashes.example(scheme) if scheme else ""
