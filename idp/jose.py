"""Signed and encrypted JSON: the algorithms this provider knows, and one way in and out of them.

joserfc does the work, except for the bytes of a signature: its way to an ES256 signature takes as long as the signature
itself, so `sign` asks cryptography, with what was made ready once for each key. This module sets its rules: which
algorithms are allowed (always given, never taken from the token), that headers may hold a key (DPoP), that `EdDSA` is
the name that clients still expect (RFC 8037; its later name `Ed25519`, RFC 9864, means the same signature), and that a
hostile token is a refusal and nothing else.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from weakref import finalize

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeyParameters, OctKey, OKPKey, RSAKey, import_key
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.jwt import Token
from joserfc.util import base64_to_int

__all__ = [
    "CONTENT_ALGORITHMS",
    "ENCRYPTION_ALGORITHMS",
    "FAPI2_ALGORITHMS",
    "SECRET_ALGORITHMS",
    "SECRET_BYTES",
    "SIGNING_ALGORITHMS",
    "CannotEncrypt",
    "CannotVerify",
    "Key",
    "Token",
    "Unverified",
    "encrypt",
    "encryption_key",
    "faults_of_keys",
    "fitting",
    "generate",
    "is_signed_by",
    "read_key",
    "read_keys",
    "sign",
    "symmetric_key",
    "unverified",
    "verify",
]

# In the order of the discovery document; the first is the OpenID Connect default.
SIGNING_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
FAPI2_ALGORITHMS = ("PS256", "ES256", "EdDSA")  # FAPI 2.0 Security Profile §5.4.1
SECRET_ALGORITHMS = ("HS256",)

ENCRYPTION_ALGORITHMS = ("RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
CONTENT_ALGORITHMS = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")  # the first is the default (OIDC Core)

KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "HS256": "oct"}
AGREEMENT_CURVES = ("P-256", "P-384", "P-521", "X25519")
KINDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("RS256", "PS256", "RSA-OAEP", "RSA-OAEP-256"), ("RSA",)),
    **dict.fromkeys(("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"), AGREEMENT_CURVES),
    "ES256": ("P-256",),
    "EdDSA": ("Ed25519",),
    "HS256": ("oct",),
}
"""Algorithm → the curves, or the type where there is no curve, of the keys that serve it."""
KNOWN = frozenset({"RSA", *AGREEMENT_CURVES, "Ed25519"})
OPERATIONS = {"sig": {"verify", "sign"}, "enc": {"encrypt", "wrapKey", "deriveKey", "deriveBits"}}
LARGEST = 64 * 1024  # characters of a token
MODULUS = range(2048, 8192 + 1)  # bits: RFC 7518 §3.3, and what a verification may cost
SECRET_BYTES = 32  # an HMAC-SHA-256 key is no shorter (RFC 7518 §3.2)
UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, UnsupportedAlgorithm)


class CannotVerify(Exception):
    """The token is malformed, unsigned, of another algorithm, or not signed by any of these keys."""


class CannotEncrypt(Exception):
    """The key cannot be used with this algorithm."""


class Unverified(Token):
    """Header and claims as sent, not to be trusted yet."""

    def __init__(self, header: dict[str, object], claims: dict[str, object], signature: CompactSignature) -> None:
        super().__init__(header, claims)
        self.signature = signature


class _Registry(JWSRegistry):
    """Allows exactly the given algorithms, and ignores header parameters it does not know (RFC 7515 §4)."""

    max_header_length = 8192  # a DPoP header holds an RSA key

    def __init__(self, algorithms: Collection[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """Without joserfc's warning about the name `EdDSA`, which is the one that clients registered."""
        if name not in (self.allowed or ()):
            raise CannotVerify(f"the algorithm {name!r} is not allowed")
        return self.algorithms[name]


_REGISTRIES = {name: _Registry([name]) for name in KEY_TYPES}


def generate(algorithm: str, kid: str) -> Key:
    """Return a new private key for this algorithm:

    RSA of 3072 bits (as strong as P-256: ASVS 11.2.3), P-256 or Ed25519.
    """
    parameters: KeyParameters = {"kid": kid, "alg": algorithm, "use": "sig"}
    match KEY_TYPES[algorithm]:
        case "RSA":
            return RSAKey.generate_key(3072, parameters)
        case "EC":
            return ECKey.generate_key("P-256", parameters)
        case _:
            return OKPKey.generate_key("Ed25519", parameters)


def read_key(jwk: Mapping[str, object]) -> Key:
    """Return a key object from an asymmetric JWK. Raises `ValueError` if it is none, or an RSA key under 2048 bits.

    Slow for private RSA keys (28 ms): call once, keep the object.
    """
    try:
        if jwk["kty"] not in {"RSA", "EC", "OKP"}:
            raise ValueError("neither RSA, nor EC, nor OKP")
        if jwk["kty"] == "RSA" and base64_to_int(str(jwk["n"])).bit_length() not in MODULUS:
            raise ValueError(f"an RSA key of {MODULUS[0]} to {MODULUS[-1]} bits is expected")
        return import_key(cast("dict[str, str | list[str]]", dict(jwk)))
    except UNREADABLE as error:
        raise ValueError(f"not a usable JWK: {error}") from error


def read_keys(jwks: Mapping[str, object]) -> tuple[Key, ...]:
    """Return the keys of a key set that can be used here; others are left out (RFC 7517 §5).

    Raises `ValueError` if it is no key set.
    """
    entries = jwks.get("keys")
    if not isinstance(entries, list):
        raise ValueError("not a JWK set: no list `keys`")
    keys = []
    for entry in entries:
        try:
            keys.append(read_key(entry))
        except ValueError:
            continue
    return tuple(keys)


def faults_of_keys(entries: Sequence[object]) -> dict[int, str]:
    """Position → reason, for every entry of a key set that is meant for us and cannot be used.

    An entry of a kind that nobody here knows is no fault: other servers may (RFC 7517 §5).
    """
    faults = {}
    for index, entry in enumerate(entries):
        try:
            if not isinstance(entry, dict):
                raise ValueError("not a usable JWK: no object")
            if _is_known(entry):
                read_key(entry)
        except ValueError as error:
            faults[index] = str(error)
    return faults


def _is_known(entry: Mapping[str, object]) -> bool:
    kind = entry.get("kty") if entry.get("kty") == "RSA" else entry.get("crv", entry.get("kty"))
    return isinstance(kind, str) and kind in {*KNOWN, "EC", "OKP"}


def symmetric_key(secret: str) -> Key:
    """Return the HMAC key that a client secret is (OIDC Core §10.1). Raises `ValueError` for one under 256 bits."""
    if len(secret.encode()) < SECRET_BYTES:
        raise ValueError("the secret is too short for an HMAC key")
    return OctKey.import_key(secret.encode())


def sign(claims: Mapping[str, object], key: Key, algorithm: str, *, typ: str) -> str:
    """Return a compact JWS with `alg`, `typ` and the key's `kid`, if it has one."""
    signer = _signer(key, algorithm, typ)
    signed = signer.header + _base64(msgspec.json.encode(claims))
    return (signed + b"." + _base64(signer.signature(signed))).decode()


@dataclass(frozen=True)
class _Signer:
    """One use of a key; `header` is encoded, with the dot that follows."""

    header: bytes
    signature: Callable[[bytes], bytes]


_SIGNERS: dict[int, dict[tuple[str, str], _Signer]] = {}
"""By the identity of a key, which has no hash; forgotten together with the key."""


def _signer(key: Key, algorithm: str, typ: str) -> _Signer:
    """Return what was made ready for this key before; joserfc judges once whether it may sign so."""
    of_key = _SIGNERS.get(id(key))
    if of_key is None:
        of_key = _SIGNERS[id(key)] = {}
        finalize(key, _SIGNERS.pop, id(key), None)
    known = of_key.get((algorithm, typ))
    if known is None:
        _REGISTRIES[algorithm].get_alg(algorithm).check_key(key)
        header = {"alg": algorithm, "typ": typ, **({"kid": key.kid} if key.kid else {})}
        signature = partial(_SIGNATURES[algorithm], key.get_op_key("sign"))
        known = of_key[algorithm, typ] = _Signer(_base64(msgspec.json.encode(header)) + b".", signature)
    return known


def _base64(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def _es256(key: ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    """Return both numbers in 32 bytes each (RFC 7518 §3.4)."""
    r, s = decode_dss_signature(key.sign(signed, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


_SHA256 = hashes.SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_PSS = padding.PSS(padding.MGF1(_SHA256), _SHA256.digest_size)  # RFC 7518 §3.5: salt as long as the digest
_SIGNATURES: Mapping[str, Callable[..., bytes]] = {
    "RS256": lambda key, signed: key.sign(signed, padding.PKCS1v15(), _SHA256),
    "PS256": lambda key, signed: key.sign(signed, _PSS, _SHA256),
    "ES256": _es256,
    "EdDSA": lambda key, signed: key.sign(signed),
    "HS256": lambda key, signed: hmac.digest(key, signed, "sha256"),
}


def encrypt(payload: str | bytes, key: Key, algorithm: str, content_algorithm: str, *, nested: bool) -> str:
    """Return a compact JWE for the holder of this key; `nested` says that the payload is a JWT (RFC 7519 §5.2).

    Raises `CannotEncrypt` for a key that is not made for it.
    """
    names = {"alg": algorithm, "enc": content_algorithm}
    header = {**names, **({"cty": "JWT"} if nested else {}), **({"kid": key.kid} if key.kid else {})}
    try:
        return jwe.encrypt_compact(header, payload, key, algorithms=list(names.values()))
    except UNREADABLE as error:
        raise CannotEncrypt(str(error)) from error


def encryption_key(keys: Iterable[Key], algorithm: str) -> Key | None:
    """Return the first key made for this way of encrypting."""
    return next(iter(fitting(keys, algorithm)), None)


def fitting(keys: Iterable[Key], algorithm: str) -> Sequence[Key]:
    """Return the keys that can serve this algorithm, and that their owner allows for it (RFC 7517 §4.2 to §4.4)."""
    use = "enc" if algorithm in ENCRYPTION_ALGORITHMS else "sig"
    return [key for key in keys if _kind(key) in KINDS[algorithm] and _is_allowed(key, algorithm, use)]


def _kind(key: Key) -> str:
    return key.curve_name if isinstance(key, ECKey | OKPKey) else key.key_type


def _is_allowed(key: Key, algorithm: str, use: str) -> bool:
    operations = key.get("key_ops")
    for_this = operations is None or bool(OPERATIONS[use].intersection(operations))
    return for_this and key.alg in (None, algorithm) and key.get("use") in (None, use)


def verify(token: str | Unverified, keys: Iterable[Key], algorithms: Collection[str]) -> Token:
    """Return header and claims of a token signed by one of these keys and algorithms. Raises `CannotVerify`.

    Times, issuer and audience are for the caller to check. A token that was read already is not read again.
    """
    written = token if isinstance(token, Unverified) else unverified(token)
    algorithm = written.header["alg"]
    if algorithm not in algorithms or algorithm not in _REGISTRIES:
        raise CannotVerify(f"the algorithm {algorithm!r} is not allowed")
    for key in _candidates(keys, algorithm, written.header.get("kid")):
        if _verifies(written.signature, key, algorithm):
            return Token(written.header, written.claims)
    raise CannotVerify("no key fits")


def is_signed_by(written: Unverified, key: Key, algorithms: Collection[str]) -> bool:
    """Return whether this very key signed it with one of these algorithms, whatever `kid` says."""
    algorithm = written.header["alg"]
    fits = algorithm in algorithms and algorithm in _REGISTRIES and bool(fitting([key], algorithm))
    return fits and _verifies(written.signature, key, algorithm)


def unverified(token: str) -> Unverified:
    """Header and claims of a compact JWS as written, for finding out whose key to verify it with."""
    if len(token) > LARGEST:
        raise CannotVerify("the token is too large")
    try:
        parsed = jws.extract_compact(token.encode("ascii"), registry=_REGISTRIES["RS256"])
        header, claims = parsed.headers(), msgspec.json.decode(parsed.payload or b"")
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CannotVerify("not a JSON web token") from error
    if not isinstance(claims, dict) or not isinstance(header, dict) or not isinstance(header["alg"], str):
        raise CannotVerify("not a JSON web token")
    if "crit" in header or "b64" in header:
        raise CannotVerify("no critical header extension is understood (RFC 7515 §4.1.11)")
    return Unverified(header, claims, parsed)


def _candidates(keys: Iterable[Key], algorithm: str, kid: object) -> Sequence[Key]:
    """Return the keys that may have signed: the named one, otherwise every one that fits and has no name of its own.

    RFC 7515 §4.1.4: `kid` is a hint.
    """
    able = fitting(keys, algorithm)
    if kid is None:
        return able
    return [key for key in able if key.kid == kid] or [key for key in able if key.kid is None]


def _verifies(signature: CompactSignature, key: Key, algorithm: str) -> bool:
    try:
        return jws.validate_compact(signature, key, registry=_REGISTRIES[algorithm])
    except UNREADABLE:
        return False
