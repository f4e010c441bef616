"""Responses that a client wants signed, encrypted or both: ID tokens, user info, introspection.

A signed answer is signed first and then encrypted for the client's key (OIDC Core §10.2). Never called inside a
transaction: the client's keys may have to be fetched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from idp import jose
from idp.clients.client import Client
from idp.jose import CONTENT_ALGORITHMS, FAPI2_ALGORITHMS, CannotEncrypt
from idp.oidc.errors import InvalidClientMetadata
from idp.provider import Provider


@dataclass(frozen=True)
class ResponseProtection:
    """Algorithms by their registered names, empty where the client did not ask."""

    signed: str = ""
    encrypted: str = ""
    content: str = ""
    typ: str = "JWT"

    def __bool__(self) -> bool:
        return bool(self.signed or self.encrypted)


def of_id_token(client: Client) -> ResponseProtection:
    return ResponseProtection(
        client.id_token_signed_response_alg,
        client.id_token_encrypted_response_alg,
        client.id_token_encrypted_response_enc,
    )


def of_userinfo(client: Client) -> ResponseProtection:
    return ResponseProtection(
        client.userinfo_signed_response_alg,
        client.userinfo_encrypted_response_alg,
        client.userinfo_encrypted_response_enc,
    )


def of_introspection(client: Client) -> ResponseProtection:
    """RFC 9701 §5 gives the answer a type of its own, so that it cannot pass for a token."""
    return ResponseProtection(
        client.introspection_signed_response_alg,
        client.introspection_encrypted_response_alg,
        client.introspection_encrypted_response_enc,
        typ="token-introspection+jwt",
    )


def usual_algorithm(client: Client, ours: Sequence[str]) -> str:
    """Return the signing algorithm for a client that chose none:

    RS256, except under the FAPI 2.0 Security Profile §5.4.1.
    """
    return next((name for name in ours if name in FAPI2_ALGORITHMS), "") if client.fapi2 else "RS256"


def sealed(provider: Provider, client: Client, claims: Mapping[str, object], seals: ResponseProtection) -> str:
    """Return the claims as the client wants them.

    Raises `InvalidClientMetadata` if we have no key to sign with, or the client none to encrypt for.
    """
    if seals.signed and seals.signed not in provider.signing_keys.algorithms:
        raise InvalidClientMetadata(f"this provider does not sign with {seals.signed}")
    signed = provider.signing_keys.sign(claims, algorithm=seals.signed, typ=seals.typ) if seals.signed else ""
    if not seals.encrypted:
        return signed
    key = jose.encryption_key(provider.client_keys.of(client), seals.encrypted)
    if key is None:
        raise InvalidClientMetadata("this client has no key to encrypt for")
    payload = signed or msgspec.json.encode(claims)
    content = seals.content or CONTENT_ALGORITHMS[0]
    try:
        return jose.encrypt(payload, key, seals.encrypted, content, nested=bool(signed))
    except CannotEncrypt as error:
        raise InvalidClientMetadata("this client's key cannot be encrypted for", detail=str(error)) from error
