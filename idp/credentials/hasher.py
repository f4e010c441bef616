"""Hashing and verifying passwords: Argon2id over a keyed pepper, a bounded number at once.

Stored forms, all texts:
- `peppered:<key id>:$argon2id$…`: Argon2id of the keyed digest of the normalised password.
- `wrapped:<key id>:<scheme>:<salt>:$argon2id$…`: the same around an imported cheap hash.
- `imported:<scheme>:<hash>`: an imported slow hash (`imported_hashes.adopt`).

Every check costs the same, whatever account is named: one Argon2id for each way to spell the typed password that is
tried, and as many hashes of each kind of imported password that still waits for its owner (`waiting_hashes`), real or
decoys.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore

from argon2 import Parameters, extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret, verify_secret

from idp import random_values
from idp.credentials import efforts, imported_hashes
from idp.credentials.normalised import LONGEST, imported_spellings, normalise_password
from idp.sealing import Sealer
from idp.settings import Passwords

PEPPERED = "peppered"
WRAPPED = "wrapped"
WITH_PEPPER = (PEPPERED, WRAPPED)
PEPPER = "password-pepper"

SALT_BYTES = 16
HASH_BYTES = 32
LANES = 1

Waiting = Callable[[], Mapping[str, int]]


@dataclass(frozen=True)
class Verdict:
    """`needs_rehash`: right, but stored with older parameters, another key or an imported scheme."""

    ok: bool
    needs_rehash: bool = False


@dataclass(frozen=True)
class PepperedHash:
    """One Argon2id value: `encoded` is its own text, `kid` names the pepper key."""

    kid: str
    encoded: str


class Hasher:
    """Slow work: never call it inside a transaction.

    `waiting` tells the costliest imported hash of each group that waits; empty: none does, and none is evened out.
    """

    def __init__(self, settings: Passwords, sealer: Sealer, waiting: Waiting = lambda: {}) -> None:
        self._sealer = sealer
        self.waiting = waiting
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
        self._decoy = self._pepper(random_values.token())

    def hash(self, plain: str) -> str:
        """Return the stored form of a new password. Raises `ValueError` above `LONGEST` characters."""
        if len(plain) > LONGEST:
            raise ValueError("longer than a password may be")
        made = self._pepper(normalise_password(plain))
        return f"{PEPPERED}:{made.kid}:{made.encoded}"

    def verify(self, plain: str, stored: str | None) -> Verdict:
        """Compare at the same cost whether there is a stored hash or not (None: unknown person).

        Raises `ValueError` for a text that is no stored form.
        """
        usable = len(plain) <= LONGEST
        typed, stored = plain if usable else "", stored or ""
        waiting = self.waiting()
        with self._at_once:
            right = self._is_right(typed, stored, waiting)
        ok = usable and right
        return Verdict(ok, ok and not self._is_current(stored))

    def wrap(self, stored: str) -> str:
        """Return the wrapped form of an imported cheap hash; any other stored form comes back as it is."""
        if not imported_hashes.is_cheap(stored):
            return stored
        scheme, written = imported_hashes.parse(stored)
        made = self._pepper(written)
        return f"{WRAPPED}:{made.kid}:{scheme}:{imported_hashes.salt_of(stored)}:{made.encoded}"

    def _is_right(self, plain: str, stored: str, waiting: Mapping[str, int]) -> bool:
        """Return whether a spelling is right. All are tried to the end, so that the time reveals nothing."""
        spellings = imported_spellings(plain)
        kind, _, rest = stored.partition(":")
        own = efforts.NONE
        if kind == WRAPPED:
            kid, scheme, salt, encoded = rest.split(":", 3)
            own = imported_hashes.effort_of_wrapped(scheme, salt)
            inner = [imported_hashes.recompute(spelling, scheme, salt) for spelling in spellings]
            found = [self._matches(secret, PepperedHash(kid, encoded)) for secret in inner]
        elif kind == imported_hashes.PREFIX:
            own = imported_hashes.effort_of(stored)
            found = [imported_hashes.verify(spelling, stored) for spelling in spellings]
            self._spend_argon2(plain, times=len(spellings))
        elif kind in {PEPPERED, ""}:
            kid, _, encoded = rest.partition(":")
            spellings = spellings if waiting else spellings[:1]
            found = [self._matches(normalise_password(plain), PepperedHash(kid, encoded) if kind else self._decoy)]
            found = found if kind else [False]
            self._spend_argon2(plain, times=len(spellings) - 1)
        else:
            raise ValueError("this is not a stored form of a password")
        for decoy in efforts.missing(own, waiting) * len(spellings):
            efforts.spend(decoy)
        return any(found)

    def _spend_argon2(self, plain: str, *, times: int) -> None:
        for _ in range(times):
            self._matches(plain, self._decoy)

    def _matches(self, secret: str, stored: PepperedHash) -> bool:
        """Return whether the hash matches. Computes one Argon2id even if the key is gone: then that of the decoy."""
        digests = {digest.partition(".")[0]: digest for digest in self._sealer.digests(PEPPER, secret)}
        known = stored if stored.kid in digests else self._decoy
        try:
            return verify_secret(known.encoded.encode(), digests[known.kid].encode(), Type.ID)
        except VerifyMismatchError:
            return False

    def _pepper(self, secret: str) -> PepperedHash:
        settings = self._parameters
        with self._at_once:
            encoded = hash_secret(
                self._sealer.digest(PEPPER, secret).encode(),
                random_values.token_bytes(settings.salt_len),
                time_cost=settings.time_cost,
                memory_cost=settings.memory_cost,
                parallelism=settings.parallelism,
                hash_len=settings.hash_len,
                type=settings.type,
            )
        return PepperedHash(self._sealer.active, encoded.decode())

    def _is_current(self, stored: str) -> bool:
        kind, _, rest = stored.partition(":")
        kid, _, encoded = rest.partition(":")
        return kind == PEPPERED and kid == self._sealer.active and extract_parameters(encoded) == self._parameters


def pepper_of(stored: str) -> str:
    """Return the id of the key whose pepper a stored form has; empty for one without."""
    kind, _, rest = stored.partition(":")
    return rest.partition(":")[0] if kind in WITH_PEPPER else ""
