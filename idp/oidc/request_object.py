"""Request objects: an authorization request that its client signed (RFC 9101, OIDC Core §6).

- Signed by a key of the client that asks, with an algorithm it may use; never `none`, never encrypted.
- `iss` is the client, `aud` names this provider; `exp` and `nbf` are kept if present. They must be for
  FAPI 2.0 Message Signing §5.3.1, at most an hour apart and an hour old.
- Parameters outside the object do not count (RFC 9101 §5). An object never contains another one (RFC 9101 §4).
"""

import msgspec

from idp import jose
from idp.clients.client import Client
from idp.grants.raw_parameters import REPEATABLE, RawParameters
from idp.jose import FAPI2_ALGORITHMS, SIGNING_ALGORITHMS, CannotVerify, Token
from idp.oidc.authorize.checks import OBJECT_CHECKS_AT, Endpoint
from idp.oidc.authorize.object_checks import SignedRequest
from idp.oidc.errors import InvalidRequestObject, OAuthError, RequestNotSupported
from idp.provider import Provider

ENDPOINT: Endpoint = "object"
DOTS_OF_JWE = 4  # RFC 7516 §7.1; a signed object has two
NOT_PARAMETERS = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


def read_object(provider: Provider, client: Client, text: str) -> RawParameters:
    """Return the request in a request object. May fetch the client's keys: never call it in a transaction.

    Raises `RequestNotSupported` where none can be verified, `InvalidRequestObject` for one that does not verify.
    """
    token = _verified(provider, client, text)
    signed = SignedRequest(token, client, provider.settings.server.issuer, provider.clock.now().timestamp())
    for check in OBJECT_CHECKS_AT[ENDPOINT]:
        check(signed)
    values = {name: value for name, value in token.claims.items() if name not in NOT_PARAMETERS}
    return RawParameters(
        parameters={name: _text(value) for name, value in values.items() if name != REPEATABLE},
        resources=_texts(values.get(REPEATABLE, [])),
        signed=True,
    )


def algorithms(client: Client) -> tuple[str, ...]:
    """Return the algorithms this client may sign its requests with."""
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
    """Return the error: invalid for a client that must sign (RFC 9101 §6.2), otherwise not supported."""
    refusal = InvalidRequestObject if client.fapi2 or client.require_signed_request_object else RequestNotSupported
    return refusal("request objects must be signed")


def _text(value: object) -> str:
    """Return a claim as the parameter it stands for: numbers and JSON objects arrive as such (RFC 9101 §4)."""
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
