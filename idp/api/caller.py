"""The program that calls: its access token (RFC 6750 §2.1, RFC 8705 §3, RFC 9449 §7.1), and its reach by its file.

Only a token that a program got in its own name counts. The file is asked at every request: a right that was taken out
of it is gone although tokens still carry it.
"""

from dataclasses import dataclass

from flask import Request

from idp.actions.actor import Actor
from idp.api.idempotency import RightsThen
from idp.api.problem import MISSING_SCOPE, NOT_FOUND, TOO_MANY, UNAUTHORIZED, UNAVAILABLE, ApiProblem
from idp.api.rights import CONTACTS_READ, SCOPES
from idp.clients.client import ApiAccess, Client
from idp.database import Origin, Transaction
from idp.limits.rate_limit import LimitHit
from idp.oidc import bearer
from idp.oidc.access_token import LiveToken
from idp.oidc.errors import InsufficientScope, InvalidToken, OAuthError, TemporarilyUnavailable
from idp.oidc.missing_client import raise_if_expected_back
from idp.oidc.token.resource_indicators import of_api
from idp.provider import Provider
from idp.web.origin import origin_of

LIMIT = "api"


@dataclass(frozen=True)
class Caller:
    """A program, its rights and its reach."""

    client: Client
    access: ApiAccess
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        """The author of what it changes."""
        return Actor.client(self.client.client_id)

    def check_right(self, *scopes: str) -> None:
        """Raise `ApiProblem` unless the token gives one of these rights."""
        if self.scopes.isdisjoint(scopes):
            challenge = _challenge(InsufficientScope(headers={}), scopes[0])
            raise ApiProblem(MISSING_SCOPE, f"This needs the scope {' or '.join(scopes)}.", headers=challenge)

    def check_reach(self, *, fund: str | None, portal: str | None) -> None:
        """Raise `ApiProblem` for a fund or portal that is not the program's, as for one that does not exist."""
        if (fund is not None and fund not in self.access.funds) or (
            portal is not None and portal not in self.access.portals
        ):
            raise ApiProblem(NOT_FOUND)

    def rights_for(self, *scopes: str) -> RightsThen:
        """Return the rights by which an operation with one of these scopes makes its answer."""
        funds, portals = frozenset(self.access.funds), frozenset(self.access.portals)
        return RightsThen(scopes=self.scopes & {*scopes, CONTACTS_READ}, funds=funds, portals=portals)

    def check_kept(self, then: RightsThen) -> None:
        """Raise `ApiProblem` if an answer was made by more rights than the program has now: it may hold what the
        program must not see any more."""
        for scope in sorted(then.scopes):
            self.check_right(scope)
        if then.funds - frozenset(self.access.funds) or then.portals - frozenset(self.access.portals):
            raise ApiProblem(NOT_FOUND)


def admit(provider: Provider, request: Request) -> tuple[Caller, dict[str, str]]:
    """Return the caller and the headers that state its limit, with the request counted and the proof spent.

    Raises `ApiProblem`.
    """
    try:
        shown = bearer.read_presented_token(provider, request)
        with provider.database.reading() as tx:
            token = bearer.admit(provider, tx, shown, resource=of_api(provider.settings.server.issuer))
            caller = _caller(provider, tx, token)
        shown.spend(provider.database)
    except TemporarilyUnavailable as error:
        raise ApiProblem(UNAVAILABLE, error.description, headers=dict(error.headers)) from error
    except OAuthError as error:
        refused = bearer.refuse(error)
        kept = {name: value for name, value in refused.headers if name in {"WWW-Authenticate", "DPoP-Nonce"}}
        raise ApiProblem(UNAUTHORIZED, error.description, headers=kept) from error
    return caller, _counted(provider, request, caller)


def _caller(provider: Provider, tx: Transaction, token: LiveToken) -> Caller:
    """Raises `InvalidToken` for a token of a person, or of a client that may not use the API (any more)."""
    client = provider.registry.current().client(token.token.client_id)
    if client is None:
        raise_if_expected_back(provider, tx, token.token.client_id)
    by_itself = token.authorization is None and token.token.claims.get("sub") == token.token.client_id
    if client is None or client.api is None or not client.vetted or not by_itself or "act" in token.token.claims:
        raise InvalidToken("the access token is not one of a program that may use this API")
    return Caller(client, client.api, frozenset(token.token.scope) & client.scopes & SCOPES.keys())


def _counted(provider: Provider, request: Request, caller: Caller) -> dict[str, str]:
    client_id = caller.client.client_id
    with provider.database.transaction(origin_of(request, client_id=client_id)) as tx:
        return count(provider, tx, LIMIT, client_id)


def count(provider: Provider, tx: Transaction, limit: str, key: str) -> dict[str, str]:
    """Count one request against this limit; return the headers of draft-ietf-httpapi-ratelimit-headers.

    Raises `ApiProblem` once it is used up.
    """
    counted = provider.limiter.debit(tx, limit, key)
    window = int(provider.limiter.window(limit).total_seconds())
    policy = {"RateLimit-Policy": f'"{limit}";q={provider.limiter.times(limit)};w={window}'}
    if not isinstance(counted, LimitHit):
        return {**policy, "RateLimit": f'"{limit}";r={counted.left}'}
    wait = max(1, int((counted.retry_at - tx.now).total_seconds()))
    headers = {**policy, "RateLimit": f'"{limit}";r=0;t={wait}', "Retry-After": str(wait)}
    raise ApiProblem(TOO_MANY, headers=headers)


def origin_for(caller: Caller, request: Request) -> Origin:
    """Return the origin of what the caller changes."""
    return origin_of(request, actor=caller.actor.text)


def _challenge(error: OAuthError, scope: str) -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer error="{error.code}", scope="{scope}"'}
