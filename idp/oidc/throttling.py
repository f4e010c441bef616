"""Limits of the protocol's endpoints, counted per network of the sender: 429 with `Retry-After` (RFC 6585 §4)."""

from flask import Request

from idp.clients.client import Client
from idp.limits.rate_limit import LimitHit
from idp.oidc.errors import TooManyRequests
from idp.provider import Provider
from idp.web.origin import origin_of

OF_PUBLIC_CLIENTS = "public_clients"


def count(provider: Provider, request: Request, limit: str, *keys: str, told: str) -> None:
    """Count one hit of `keys` and the sender's network, in a commit of its own. Raises `TooManyRequests`."""
    with provider.database.transaction(origin_of(request)) as tx:
        counted = provider.limiter.debit_network(tx, limit, request.remote_addr or "", *keys)
    if isinstance(counted, LimitHit):
        raise _refusal(provider, counted, told)


def refuse_if_used_up(provider: Provider, request: Request, limit: str, *keys: str, told: str) -> None:
    """Raise `TooManyRequests` if the next hit of `keys` and the sender's network would be refused. Counts nothing."""
    with provider.database.reading() as tx:
        refused = provider.limiter.network_used_up(tx, limit, request.remote_addr or "", *keys)
    if refused is not None:
        raise _refusal(provider, refused, told)


def _refusal(provider: Provider, refused: LimitHit, told: str) -> TooManyRequests:
    wait = max(1, int((refused.retry_at - provider.clock.now()).total_seconds()))
    return TooManyRequests(told, headers={"Retry-After": str(wait)})


def count_if_public(provider: Provider, request: Request, client: Client) -> None:
    """Limit per network the rows stored for clients without credentials: anybody can cause them."""
    if client.public:
        count(provider, request, OF_PUBLIC_CLIENTS, client.client_id, told="too many requests")
