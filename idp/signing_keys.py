"""The provider's signing keys: the table behind `keys.ring`, and the parsed keys of this process.

- One key per algorithm signs; the next one is announced in the JWKS before it signs, the last ones stay in it after.
- Private keys are sealed at rest, opened and parsed once per process (28 ms for an RSA key), then only used.
- All processes share the table; each looks every few seconds, with one cheap query, whether it changed.
"""

from collections.abc import Mapping
from typing import Any

from idp.clock import Clock
from idp.database import Database
from idp.jose import KeySet, Token
from idp.opaque import Vault
from idp.settings import Keys


class SigningKeys:
    """The ring as this process knows it. Makes the first keys by itself when the table is empty."""

    def __init__(self, database: Database, vault: Vault, settings: Keys, clock: Clock) -> None:
        raise NotImplementedError

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms with a key, the default first: what discovery advertises."""
        raise NotImplementedError

    def sign(self, claims: Mapping[str, Any], *, algorithm: str, typ: str) -> str:
        """A compact JWS by the active key of this algorithm, with its `kid` and this `typ`.

        Raises `KeyError` for an algorithm that is not configured.
        """
        raise NotImplementedError

    def verify(self, token: str) -> Token:
        """Header and claims of a token that this provider signed with a key still in the JWKS, else `CannotVerify`.

        Times, `typ`, issuer and audience are for the caller to check.
        """
        raise NotImplementedError

    def jwks(self) -> dict[str, Any]:
        """The public key set (RFC 7517 §5): announced, active and retired keys, each with `kid`, `alg` and `use`."""
        raise NotImplementedError

    def verification_keys(self) -> KeySet:
        """The same keys as parsed objects."""
        raise NotImplementedError

    def tend(self) -> bool:
        """Do what is due: announce a successor, drop a key whose time is over. True if something changed.

        Opens its own transaction, because keys are generated outside of it. Any number of processes may call it.
        """
        raise NotImplementedError

    def rotate(self, algorithm: str, *, at_once: bool = False) -> str:
        """Announce a new key and return its kid; `at_once`: it signs from now on and the old one stays published."""
        raise NotImplementedError

    def withdraw(self, kid: str) -> None:
        """Take a compromised key out of the JWKS at once; a successor signs from now on."""
        raise NotImplementedError
