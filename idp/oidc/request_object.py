"""Request objects: an authorization request that its client signed (RFC 9101, OIDC Core §6).

- Signed by a key of the client that asks, with an algorithm it may use; never `none`, never encrypted.
- `iss` is the client, `aud` names this provider; `exp` and `nbf` are kept if present. They must be for
  FAPI 2.0 Message Signing §5.3.1, at most an hour apart and an hour old.
- What stands outside the object does not count (RFC 9101 §5). An object never contains another one (RFC 9101 §4).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from idp import jose
from idp.clients.client import Client
from idp.grants.raw_parameters import REPEATABLE, RawParameters
from idp.jose import FAPI2_ALGORITHMS, SIGNING_ALGORITHMS, CannotVerify, Token
from idp.oidc.errors import InvalidRequestObject, OAuthError, RequestNotSupported
from idp.provider import Provider

TYPES = ("oauth-authz-req+jwt", "jwt")
SKEW = 30
AN_HOUR = 3600
DOTS_OF_JWE = 4  # RFC 7516 §7.1; a signed object has two
NOT_PARAMETERS = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


def read_object(provider: Provider, client: Client, text: str) -> RawParameters:
    """The request in a request object of this client. May fetch the client's keys: never call it in a transaction.

    Raises `RequestNotSupported` where none can be verified, `InvalidRequestObject` for one that does not verify.
    """
    token = _verified(provider, client, text)
    fault = _fault(token, client, provider.settings.server.issuer, provider.clock.now())
    if fault:
        raise InvalidRequestObject(f"request object: {fault}")
    values = {name: value for name, value in token.claims.items() if name not in NOT_PARAMETERS}
    return RawParameters(
        parameters={name: _text(value) for name, value in values.items() if name != REPEATABLE},
        resources=_texts(values.get(REPEATABLE, [])),
        signed=True,
    )


def algorithms(client: Client) -> tuple[str, ...]:
    """The algorithms this client may sign its requests with."""
    if client.request_object_signing_alg:
        return (client.request_object_signing_alg,)
    return FAPI2_ALGORITHMS if client.fapi2 else SIGNING_ALGORITHMS


def _verified(provider: Provider, client: Client, text: str) -> Token:
    if not (client.jwks or client.jwks_uri):
        raise RequestNotSupported("this client has registered no key to sign requests with")
    if text.count(".") == DOTS_OF_JWE:
        raise InvalidRequestObject("request objects are signed, not encrypted, here")
    try:
        header = jose.unverified(text).header
        if header["alg"] == "none":
            raise _unsigned(client)
        return jose.verify(text, provider.client_keys.of(client, header.get("kid")), algorithms(client))
    except CannotVerify as error:
        raise InvalidRequestObject("the request object cannot be verified", detail=str(error)) from error


def _unsigned(client: Client) -> OAuthError:
    """A client that must sign sent something invalid (RFC 9101 §6.2); another one asks for what is not served."""
    refusal = InvalidRequestObject if client.fapi2 or client.require_signed_request_object else RequestNotSupported
    return refusal("request objects must be signed")


def _fault(token: Token, client: Client, issuer: str, now: datetime) -> str:
    """What is wrong with the claims, or an empty text."""
    claims = token.claims
    if str(token.header.get("typ", TYPES[1])).lower().removeprefix("application/") not in TYPES:
        return "typ is not that of a request object"
    if claims.get("iss", client.client_id) != client.client_id or claims.get("client_id") != client.client_id:
        return "iss and client_id must be the client"
    if claims.get("sub") == client.client_id:
        return "it could pass for a client assertion (RFC 9101 §10.8)"
    if not _names(claims.get("aud"), issuer, client):
        return "aud must be the issuer"
    if "request" in claims or "request_uri" in claims:
        return "it contains another request object"
    return _time_fault(claims, now.timestamp(), strict=client.profile == "fapi2-message-signing")


def _names(audience: object, issuer: str, client: Client) -> bool:
    if audience is None:
        return not client.fapi2
    return audience == issuer or (isinstance(audience, list) and issuer in audience)


def _time_fault(claims: Mapping[str, Any], now: float, *, strict: bool) -> str:
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in times.values()):
        return "a time is not a number"
    if times.get("exp", now) < now - SKEW:
        return "it has expired"
    if max(times.get("nbf", now), times.get("iat", now)) > now + SKEW:
        return "it is not valid yet"
    if not strict:
        return ""
    if "exp" not in times or "nbf" not in times:
        return "exp and nbf are needed"
    if times["exp"] - times["nbf"] > AN_HOUR or times["nbf"] < now - AN_HOUR - SKEW:
        return "it lives for more than an hour, or is older"
    return ""


def _text(value: object) -> str:
    """A claim as the parameter it stands for: numbers and JSON objects arrive as such (RFC 9101 §4)."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) or (isinstance(value, int) and not isinstance(value, bool)):
        return msgspec.json.encode(value).decode()
    raise InvalidRequestObject("request object: a parameter has the wrong type")


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, str) for entry in values):
        raise InvalidRequestObject("request object: resource must be text")
    return tuple(values)
