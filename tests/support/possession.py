"""A client that holds a key or a certificate: its DPoP proofs and TLS headers, every one of which can be bent."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import ECKey

from idp import jose, random_values
from idp.clock import Clock
from idp.jose import Key

ISSUER = "http://localhost"


def digest(token: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


class Prover:
    """Makes correct DPoP proofs (RFC 9449 §4.2); claims and header parameters are changed by name, `None` removes."""

    def __init__(self, clock: Clock, algorithm: str = "ES256") -> None:
        self.clock = clock
        self.algorithm = algorithm
        self.key: Key = jose.generate(algorithm, "")

    @property
    def public(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.key.as_dict(private=False).items()
            if name in {"kty", "crv", "x", "y", "n", "e"}
        }

    @property
    def jkt(self) -> str:
        return self.key.thumbprint()

    def proof(
        self,
        path: str = "/token",
        method: str = "POST",
        *,
        token: str = "",
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        correct = {
            "jti": random_values.token(16),
            "htm": method,
            "htu": ISSUER + path,
            "iat": int(self.clock.now().timestamp()),
            "ath": digest(token) if token else None,
        }
        claims = {name: value for name, value in {**correct, **changes}.items() if value is not None}
        head = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.public, **(header or {})}
        shown = {name: value for name, value in head.items() if value is not None}
        return sign_raw(shown, claims, self.key)

    def header(self, *args: Any, **changes: Any) -> dict[str, str]:
        return {"DPoP": self.proof(*args, **changes)}


def sign_raw(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """A compact JWS with exactly this header, also where no library would make it."""
    segments = [urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in (header, claims)]
    algorithm = header.get("alg")
    if isinstance(algorithm, str) and algorithm in {"RS256", "PS256", "ES256", "EdDSA"}:
        model: Any = jws.JWSRegistry.algorithms[algorithm]
        signature = model.sign(b".".join(segments), key)
    else:
        signature = b""
    return b".".join([*segments, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


class Certificate:
    """A self-signed client certificate; `issuer` signs it instead. Without a name its subject is empty."""

    def __init__(
        self, name: str, now: datetime, *, issuer: "Certificate | None" = None, dns: str = "", authority: bool = False
    ) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        named = {NameOID.ORGANIZATION_NAME: "Muster", NameOID.COMMON_NAME: name} if name else {}
        self.subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in named.items()])
        signer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(signer.subject)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if dns:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
        self.certificate = builder.sign(signer.private, SHA256())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def thumbprint(self) -> str:
        return urlsafe_b64encode(self.certificate.fingerprint(SHA256())).rstrip(b"=").decode()

    @property
    def jwks(self) -> dict[str, Any]:
        """The key set that registers it for `self_signed_tls_client_auth`."""
        return {"keys": [ECKey(self.private, self.private).as_dict(private=False)]}

    def headers(self, verified: str = "SUCCESS") -> dict[str, str]:
        """What nginx would write."""
        return {"X-Client-Certificate": quote(self.pem), "X-Client-Verified": verified}
