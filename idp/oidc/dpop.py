"""DPoP: a request proves that its sender holds a key, and tokens are bound to that key (RFC 9449).

- One proof per request, made for exactly this method and address, within a minute, and used once.
- The address is compared without query and fragment, its host and scheme in any case, a default port left out (§4.3).
- Where the settings ask for nonces, a proof carries one of ours: a keyed digest of the current five minutes, so that
  every node knows it and none stores it (§8).
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Request

from idp import jose
from idp.clock import from_timestamp
from idp.database import Transaction
from idp.grants import spent_identifiers
from idp.jose import CannotVerify, Key, Unverified
from idp.oidc.errors import InvalidDpopProof, UseDpopNonce
from idp.oidc.jwt_times import time_fault
from idp.provider import Provider

ALGORITHMS = ("ES256", "PS256", "EdDSA")
TYPE = "dpop+jwt"
HEADER = "DPoP"
NONCE_HEADER = "DPoP-Nonce"
FRESH = timedelta(seconds=60)
NONCE_WINDOW = timedelta(minutes=5)
LONGEST = 8192
OWNER = "dpop"
DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class DpopProof:
    """A proof that holds; `jkt` is the thumbprint of its key (RFC 7638), and `jti` has to be spent."""

    jkt: str
    jti: str
    until: datetime

    def spend(self, tx: Transaction) -> None:
        """Raises `InvalidDpopProof` for a replay (RFC 9449 §11.1)."""
        if not spent_identifiers.spend(tx, OWNER + self.jkt, self.jti, until=self.until):
            raise InvalidDpopProof("jti was used before")

    def give_back(self, tx: Transaction) -> None:
        """Forget the proof of a refused request: anybody can make proofs, so fruitless ones are not stored."""
        spent_identifiers.give_back(tx, OWNER + self.jkt, self.jti)


def read_proof(provider: Provider, request: Request, *, access_token: str = "") -> DpopProof | None:
    """Return the proof of this request, or None if it has none. `access_token` is the one it comes with, at a resource.

    Raises `InvalidDpopProof`, or `UseDpopNonce` with a fresh nonce.
    """
    text = request.headers.get(HEADER)
    if text is None:
        return None
    written, key = _signed(text)
    fault = _fault(provider, request, written.claims, access_token)
    if fault:
        raise InvalidDpopProof(f"DPoP proof: {fault}")
    if provider.settings.dpop.nonces and written.claims.get("nonce") not in _nonces(provider):
        raise UseDpopNonce("the DPoP proof needs the given nonce", headers=nonce_header(provider))
    issued_at = from_timestamp(written.claims["iat"])
    return DpopProof(key.thumbprint(), written.claims["jti"], issued_at + 2 * FRESH)


def nonce_header(provider: Provider) -> dict[str, str]:
    """Return the nonce for the next proof, where nonces are used (§8.2)."""
    return {NONCE_HEADER: _nonces(provider)[0]} if provider.settings.dpop.nonces else {}


def _signed(text: str) -> tuple[Unverified, Key]:
    """Return the token and the key in its header that signed it (§4.2)."""
    try:
        if len(text) > LONGEST:
            raise CannotVerify("too long")
        written = jose.unverified(text)
        jwk = written.header.get("jwk")
        if written.header.get("typ") != TYPE or not isinstance(jwk, dict):
            raise CannotVerify("typ must be dpop+jwt, and jwk the key")
        key = jose.read_key(jwk)
        if key.is_private or not jose.is_signed_by(written, key, ALGORITHMS):
            raise CannotVerify("the key is private, or did not sign")
    except (CannotVerify, ValueError) as error:
        raise InvalidDpopProof("the DPoP proof is not a signed dpop+jwt with its public key") from error
    return written, key


def _fault(provider: Provider, request: Request, claims: dict[str, object], access_token: str) -> str:
    """Return the fault in the claims (§4.3), or an empty text."""
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        return "jti is missing"
    if claims.get("htm") != request.method:
        return "htm is not the method"
    if _normalised(claims.get("htu")) != _normalised(provider.settings.server.issuer + request.path):
        return "htu is not the address"
    if access_token and claims.get("ath") != _digest(access_token):
        return "ath is not the digest of the access token"
    now = provider.clock.now().timestamp()
    return time_fault(claims, now, skew=FRESH.total_seconds(), required=("iat",), oldest=0)


def _normalised(address: object) -> tuple[str, str, int | None, str] | None:
    """RFC 3986 §6.2.2.1 (case) and §6.2.3 (default port), without query and fragment."""
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port, parts.path or "/"


def _digest(access_token: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).rstrip(b"=").decode()


def _nonces(provider: Provider) -> tuple[str, ...]:
    """Return the nonce of this window, and those that are still good: of the last one, and under every known key."""
    window = int(provider.clock.now().timestamp() // NONCE_WINDOW.total_seconds())
    return (
        *provider.sealer.digests("dpop-nonce", str(window)),
        *provider.sealer.digests("dpop-nonce", str(window - 1)),
    )
