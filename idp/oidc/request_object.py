"""Request objects: an authorization request that its client signed (RFC 9101, OIDC Core §6).

- Signed by a key of the client that asks, with an algorithm it may use; never `none`, never encrypted.
- `iss` is the client, `aud` names this provider; `exp` and `nbf` are kept if present. They must be for
  FAPI 2.0 Message Signing §5.3.1, at most an hour apart and an hour old.
- What stands outside the object does not count (RFC 9101 §5). An object never contains another one (RFC 9101 §4).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from idp import jose
from idp.clients.client import Client
from idp.grants.raw_parameters import REPEATABLE, RawParameters
from idp.jose import FAPI2_ALGORITHMS, SIGNING_ALGORITHMS, CannotVerify, Token
from idp.oidc.errors import InvalidRequestObject, OAuthError, RequestNotSupported
from idp.oidc.jwt_times import time_fault
from idp.provider import Provider

TYPES = ("oauth-authz-req+jwt", "jwt")
SKEW = 30
AN_HOUR = 3600
DOTS_OF_JWE = 4  # RFC 7516 §7.1; a signed object has two
NOT_PARAMETERS = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


@dataclass(frozen=True)
class SignedRequest:
    """A verified token that claims to be a request object of this client; `now` is a Unix timestamp."""

    token: Token
    client: Client
    issuer: str
    now: float

    @property
    def claims(self) -> Mapping[str, Any]:
        return self.token.claims

    @property
    def message_signing(self) -> bool:
        """Whether the client follows FAPI 2.0 Message Signing."""
        return self.client.profile == "fapi2-message-signing"


def type_is_that_of_a_request_object(signed: SignedRequest) -> None:
    """RFC 9101 §10.8, RFC 8725 §3.11; `typ` may be absent (RFC 9101 §4)."""
    if str(signed.token.header.get("typ", TYPES[1])).lower().removeprefix("application/") not in TYPES:
        raise InvalidRequestObject("request object: typ is not that of a request object")


def client_made_it(signed: SignedRequest) -> None:
    """RFC 9101 §5, §6.2; OIDC Core §6.1 leaves `iss` optional."""
    client_id = signed.client.client_id
    if signed.claims.get("iss", client_id) != client_id or signed.claims.get("client_id") != client_id:
        raise InvalidRequestObject("request object: iss and client_id must be the client")


def it_cannot_pass_for_a_client_assertion(signed: SignedRequest) -> None:
    """RFC 9101 §10.8."""
    if signed.claims.get("sub") == signed.client.client_id:
        raise InvalidRequestObject("request object: it could pass for a client assertion (RFC 9101 §10.8)")


def audience_is_this_provider(signed: SignedRequest) -> None:
    """RFC 9101 §4; FAPI 2.0 Message Signing §5.3.1 makes `aud` mandatory."""
    audience = signed.claims.get("aud")
    if audience is None and not signed.client.fapi2:
        return
    if audience != signed.issuer and not (isinstance(audience, list) and signed.issuer in audience):
        raise InvalidRequestObject("request object: aud must be the issuer")


def it_contains_no_other_request(signed: SignedRequest) -> None:
    """RFC 9101 §4."""
    if "request" in signed.claims or "request_uri" in signed.claims:
        raise InvalidRequestObject("request object: it contains another request object")


def times_hold(signed: SignedRequest) -> None:
    """RFC 7519 §4.1.4, §4.1.5; FAPI 2.0 Message Signing §5.3.1 makes `exp` and `nbf` mandatory."""
    required = ("exp", "nbf") if signed.message_signing else ()
    fault = time_fault(signed.claims, signed.now, skew=SKEW, required=required)
    if fault:
        raise InvalidRequestObject(f"request object: {fault}")


def it_lives_an_hour_at_most(signed: SignedRequest) -> None:
    """FAPI 2.0 Message Signing §5.3.1: at most an hour from `nbf` to `exp`, and `nbf` at most an hour old."""
    if not signed.message_signing:
        return
    expires, begins = signed.claims["exp"], signed.claims["nbf"]
    if expires - begins > AN_HOUR or begins < signed.now - AN_HOUR - SKEW:
        raise InvalidRequestObject("request object: it lives for more than an hour, or is older")


REQUEST_OBJECT_CHECKS: tuple[Callable[[SignedRequest], None], ...] = (
    type_is_that_of_a_request_object,
    client_made_it,
    it_cannot_pass_for_a_client_assertion,
    audience_is_this_provider,
    it_contains_no_other_request,
    times_hold,
    it_lives_an_hour_at_most,
)


def read_object(provider: Provider, client: Client, text: str) -> RawParameters:
    """The request in a request object of this client. May fetch the client's keys: never call it in a transaction.

    Raises `RequestNotSupported` where none can be verified, `InvalidRequestObject` for one that does not verify.
    """
    token = _verified(provider, client, text)
    signed = SignedRequest(token, client, provider.settings.server.issuer, provider.clock.now().timestamp())
    for check in REQUEST_OBJECT_CHECKS:
        check(signed)
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
