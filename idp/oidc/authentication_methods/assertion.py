"""`private_key_jwt` and `client_secret_jwt`: a short-lived assertion of the client (RFC 7523 §2.2, OIDC Core §9).

- `iss` and `sub` are the client, `aud` is our issuer as a single string (FAPI 2.0 Security Profile §5.3.2.1); a client
  that is allowed to (`token_endpoint_audience`) may write the token endpoint instead, as OIDC Core §9 says.
- A token that names another kind in its `typ` is none (RFC 8725 §3.11).
- It lives five minutes at most; `jti` is used once; clocks may differ by half a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp import jose
from idp.clients.client import Client
from idp.clock import from_timestamp
from idp.jose import FAPI2_ALGORITHMS, SECRET_ALGORITHMS, SIGNING_ALGORITHMS, CannotVerify
from idp.oidc.authentication_methods.presented import PresentedCredentials
from idp.oidc.errors import InvalidClient
from idp.oidc.jwt_times import time_fault
from idp.oidc.token.address import ADDRESS
from idp.provider import Provider

SKEW = timedelta(seconds=30)
LONGEST_LIFE = timedelta(minutes=5)
TYPES = ("jwt", "client-authentication+jwt")


@dataclass(frozen=True)
class AssertionId:
    """An assertion's `jti`, to be spent; it would be accepted `until` then."""

    jti: str
    until: datetime


def private_key_jwt(provider: Provider, client: Client, presented: PresentedCredentials) -> AssertionId:
    """Verify an assertion that is signed by one of the client's keys."""
    kid = jose.unverified(presented.assertion).header.get("kid")
    return checked(provider, client, presented, provider.client_keys.of(client, kid), algorithms(client))


def client_secret_jwt(provider: Provider, client: Client, presented: PresentedCredentials) -> AssertionId:
    """Verify an assertion that is authenticated with the client's secret (OIDC Core §9)."""
    try:
        keys = [jose.symmetric_key(provider.registry.secret(client.client_id))]
    except ValueError as error:
        raise InvalidClient("client authentication failed", detail=str(error)) from error
    return checked(provider, client, presented, keys, SECRET_ALGORITHMS)


def algorithms(client: Client) -> tuple[str, ...]:
    """Return the algorithms this client may sign with."""
    if client.token_endpoint_auth_signing_alg:
        return (client.token_endpoint_auth_signing_alg,)
    return FAPI2_ALGORITHMS if client.fapi2 else SIGNING_ALGORITHMS


def audiences(client: Client, issuer: str) -> tuple[str, ...]:
    """Return the values that this client may write as `aud`."""
    return (issuer, issuer + ADDRESS) if client.token_endpoint_audience else (issuer,)


def checked(
    provider: Provider, client: Client, presented: PresentedCredentials, keys: Any, allowed: tuple[str, ...]
) -> AssertionId:
    """Return the assertion's one-time identifier, if signature and claims hold; else `InvalidClient`."""
    try:
        token = jose.verify(presented.assertion, keys, allowed)
    except CannotVerify as error:
        raise InvalidClient("client authentication failed", detail=str(error)) from error
    claims = token.claims
    if str(token.header.get("typ", TYPES[0])).lower().removeprefix("application/") not in TYPES:
        raise InvalidClient("client assertion: typ is that of another token")
    fault = _fault(claims, client, provider.settings.server.issuer, provider.clock.now())
    if fault:
        raise InvalidClient(f"client assertion: {fault}")
    return AssertionId(claims["jti"], from_timestamp(claims["exp"]) + SKEW)


def _fault(claims: dict[str, object], client: Client, issuer: str, now: datetime) -> str:
    """Return the fault in the claims, or an empty text."""
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        return "iss and sub must be the client"
    if claims.get("aud") not in audiences(client, issuer):
        return "aud must be the issuer as a single string"
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        return "jti is missing"
    return time_fault(
        claims,
        now.timestamp(),
        skew=SKEW.total_seconds(),
        required=("exp",),
        longest_life=LONGEST_LIFE.total_seconds(),
    )
