"""Signed JSON: the algorithms this provider knows, and one way in and out of them.

joserfc does the work. Here is what it must be told: which algorithms are allowed (always given, never taken from the
token), that headers may hold a key (DPoP), that `EdDSA` is the name that clients still expect (RFC 8037; its later
name `Ed25519`, RFC 9864, means the same signature), and that a hostile token is a refusal and nothing else.
"""

from collections.abc import Collection, Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import Token

__all__ = ["SIGNING_ALGORITHMS", "CannotVerify", "Key", "KeySet", "Token", "generate", "read_key", "sign", "verify"]

# In the order of the discovery document; the first is the OpenID Connect default.
SIGNING_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")

KEY_TYPES: Mapping[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey, "oct": OctKey}


class CannotVerify(Exception):
    """The token is malformed, unsigned, of another algorithm, or not signed by any of these keys."""


class _Registry(JWSRegistry):
    """Allows exactly the given algorithms, and ignores header parameters it does not know (RFC 7515 §4)."""

    max_header_length = 8192  # a DPoP header holds an RSA key

    def __init__(self, algorithms: Collection[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """Without joserfc's warning about the name `EdDSA`, which clients registered and expect."""
        if name not in (self.allowed or ()):
            raise CannotVerify(f"the algorithm {name!r} is not allowed")
        return self.algorithms[name]


def generate(algorithm: str, kid: str) -> Key:
    """A new private key for this algorithm: RSA of 2048 bits, P-256 or Ed25519."""
    raise NotImplementedError


def read_key(jwk: Mapping[str, Any]) -> Key:
    """A key object from a JWK. Raises `ValueError` if it is none. Slow for private RSA keys: call once, keep it."""
    raise NotImplementedError


def sign(claims: Mapping[str, Any], key: Key, algorithm: str, *, typ: str) -> str:
    """A compact JWS with `alg`, `typ` and the key's `kid`."""
    raise NotImplementedError


def verify(token: str, keys: Key | KeySet, algorithms: Collection[str]) -> Token:
    """The header and claims of a token signed by one of these keys with one of these algorithms, or `CannotVerify`.

    Times, issuer and audience are for the caller to check.
    """
    raise NotImplementedError


def unverified(token: str) -> Token:
    """Header and claims of a compact JWS as written, for finding out whose key to verify it with."""
    raise NotImplementedError
