"""The checks of a request object as a token, before its parameters are checked like those of any other request.

Each is one rule; the table in `checks` lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from idp.clients.client import Client
from idp.jose import Token
from idp.oidc.errors import InvalidRequestObject
from idp.oidc.jwt_times import time_fault, times_of

TYPES = ("oauth-authz-req+jwt", "jwt")
SKEW = 30
AN_HOUR = 3600


@dataclass(frozen=True)
class SignedRequest:
    """A verified token that claims to be a request object of this client; `now` is a Unix timestamp."""

    token: Token
    client: Client
    issuer: str
    now: float

    @property
    def claims(self) -> Mapping[str, object]:
        return self.token.claims

    @property
    def message_signing(self) -> bool:
        """Return whether the client follows FAPI 2.0 Message Signing."""
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
    times = times_of(signed.claims)
    expires, begins = times["exp"], times["nbf"]
    if expires - begins > AN_HOUR or begins < signed.now - AN_HOUR - SKEW:
        raise InvalidRequestObject("request object: it lives for more than an hour, or is older")
