"""A soft authenticator: it answers WebAuthn ceremonies as a browser and a device would, or bent in one point.

    device = Authenticator()
    answer = device.create(options)
    answer = device.get(options)

`options` are the JSON of the page. Every keyword bends the answer: another origin, no user verification, a swapped
handle.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from idp import random_values

Algorithm = Literal["ES256", "RS256", "EdDSA", "ES384"]
ORIGIN, RP_ID = "http://localhost", "localhost"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
SOFT = "00000000-0000-0000-0000-000000000000"


class Key:
    """A key pair of one algorithm."""

    def __init__(self, algorithm: Algorithm) -> None:
        self.algorithm = algorithm
        self._private: Any = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()

    @property
    def cose(self) -> bytes:
        public = self._private.public_key()
        if self.algorithm == "EdDSA":
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})
        numbers = public.public_numbers()
        if self.algorithm == "RS256":
            return cbor2.dumps({1: 3, 3: -257, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)})
        size, alg, curve = (32, -7, 1) if self.algorithm == "ES256" else (48, -35, 2)
        return cbor2.dumps({1: 2, 3: alg, -1: curve, -2: numbers.x.to_bytes(size), -3: numbers.y.to_bytes(size)})

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == "EdDSA":
            signed: bytes = self._private.sign(message)
        elif self.algorithm == "RS256":
            signed = self._private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        else:
            digest = hashes.SHA256() if self.algorithm == "ES256" else hashes.SHA384()
            signed = self._private.sign(message, ec.ECDSA(digest))
        return signed


@dataclass
class Authenticator:
    """A device with one passkey at most. `count` is what it last reported; 0 for ever: it is synchronised."""

    algorithm: Algorithm = "ES256"
    counts: bool = False
    aaguid: str = SOFT
    count: int = 0
    handle: str = ""
    credential: bytes = field(default_factory=lambda: random_values.token_bytes(32))

    def __post_init__(self) -> None:
        self.key = Key(self.algorithm)

    @property
    def id(self) -> str:
        return bytes_to_base64url(self.credential)

    @property
    def public_key(self) -> str:
        return bytes_to_base64url(self.key.cose)

    def new_handle(self) -> str:
        return bytes_to_base64url(random_values.token_bytes(32))

    def create(self, options: str, **bent: Any) -> str:
        """The answer to `navigator.credentials.create`. `fmt` and `statement` bend the attestation."""
        asked = json.loads(options)
        self.handle = asked["user"]["id"]
        attested = bytes.fromhex(self.aaguid.replace("-", "")) + len(self.credential).to_bytes(2) + self.credential
        data = self._data(ATTESTED, bent) + attested + bent.get("cose", self.key.cose)
        stated = {"fmt": bent.get("fmt", "none"), "attStmt": bent.get("statement", {}), "authData": data}
        response = {
            "clientDataJSON": self._client_data("webauthn.create", asked["challenge"], bent),
            "attestationObject": bytes_to_base64url(bent.get("attestation", cbor2.dumps(stated))),
            "transports": bent.get("transports", ["internal", "hybrid"]),
        }
        return self._answer(response, bent)

    def get(self, options: str, **bent: Any) -> str:
        """The answer to `navigator.credentials.get`."""
        if self.counts:
            self.count += 1
        data = self._data(0, bent)
        client_data = self._client_data("webauthn.get", json.loads(options)["challenge"], bent)
        message = data + hashlib.sha256(base64url_to_bytes(client_data)).digest()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(bent.get("signature", self.key.sign(message))),
            "userHandle": bent.get("brings", self.handle),
        }
        return self._answer(response, bent)

    def _data(self, flags: int, bent: dict[str, Any]) -> bytes:
        verified = VERIFIED if bent.get("verified", True) else 0
        shown = PRESENT | verified | (0 if self.counts else ELIGIBLE | BACKED_UP) | flags
        digest = hashlib.sha256(bent.get("rp_id", RP_ID).encode()).digest()
        return digest + bytes([shown]) + bent.get("count", self.count).to_bytes(4)

    def _client_data(self, kind: str, challenge: str, bent: dict[str, Any]) -> str:
        told = {
            "type": bent.get("kind", kind),
            "challenge": bent.get("challenge", challenge),
            "origin": bent.get("origin", ORIGIN),
            **bent.get("client_data", {"crossOrigin": False}),
        }
        return bytes_to_base64url(json.dumps(told).encode())

    def _answer(self, response: dict[str, Any], bent: dict[str, Any]) -> str:
        id_ = bent.get("id", self.id)
        whole = {"id": id_, "rawId": id_, "type": "public-key", "clientExtensionResults": {}, "response": response}
        return json.dumps(whole)
