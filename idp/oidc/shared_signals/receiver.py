"""The receiver that calls: its access token, its right, and its body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from flask import Request

from idp.clients.client import Client
from idp.clients.subscriptions import SSF_MANAGE, SSF_SCOPES, EventStream
from idp.database import Transaction
from idp.events import streams
from idp.events.streams import Stream
from idp.limits.rate_limit import LimitHit
from idp.oidc import bearer
from idp.oidc.errors import InsufficientScope, InvalidRequest, InvalidToken, OAuthError, TooManyRequests
from idp.oidc.missing_client import raise_if_expected_back
from idp.oidc.token.resource_indicators import of_streams
from idp.provider import Provider
from idp.web.origin import origin_of

LIMIT = "api"
JSON = "application/json"
T = TypeVar("T", bound=msgspec.Struct)


class UnknownStream(OAuthError):
    """Shared Signals Framework §8.1.1: the client has no stream of this id."""

    code = "not_found"
    status = 404


class StreamExists(OAuthError):
    """Shared Signals Framework §8.1.1.1: a client has one stream."""

    code = "conflict"
    status = 409


@dataclass(frozen=True)
class Receiver:
    """A client that calls about its own stream, and how its file describes that."""

    client: Client
    described: EventStream


def admit(provider: Provider, request: Request, *, manages: bool) -> Receiver:
    """Return the caller, counted. `manages`: it needs `ssf.manage`, otherwise `ssf.read` will do.

    Raises `OAuthError`.
    """
    shown = bearer.read_presented_token(provider, request)
    with provider.database.reading() as tx:
        token = bearer.admit(provider, tx, shown, resource=of_streams(provider.settings.server.issuer)).token
        client = provider.registry.current().client(token.client_id)
        if client is None:
            raise_if_expected_back(provider, tx, token.client_id)
    by_itself = token.claims.get("sub") == token.client_id and "act" not in token.claims
    if client is None or client.events is None or not client.vetted or not by_itself:
        raise InvalidToken("the access token is not one of a client that has a stream of events")
    granted = set(token.scope) & client.scopes & SSF_SCOPES
    if not granted or (manages and SSF_MANAGE not in granted):
        raise InsufficientScope(f"the scope {SSF_MANAGE} is needed")
    shown.spend(provider.database)
    _count(provider, request, client)
    return Receiver(client, client.events)


def stream_of(tx: Transaction, receiver: Receiver, stream_id: str) -> Stream:
    """Return the receiver's stream. Raises `UnknownStream` for any other id."""
    stream = streams.find(tx, receiver.client.client_id)
    if stream is None or stream.stream_id != stream_id:
        raise UnknownStream("there is no stream of this id")
    return stream


def tree_of(request: Request) -> Mapping[str, object]:
    """Return the JSON object in the body. Raises `InvalidRequest`."""
    if request.mimetype != JSON:
        raise InvalidRequest("the content type must be application/json")
    try:
        tree: dict[str, object] = msgspec.json.decode(request.get_data(), type=dict[str, object])
        msgspec.json.encode(tree)  # half a surrogate pair cannot be written again, so nobody could store it
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidRequest("a JSON object is expected") from error
    return tree


def body_of(request: Request, kind: type[T]) -> T:
    """Return the body as this type; members that it does not know are ignored. Raises `InvalidRequest`."""
    try:
        return msgspec.convert(tree_of(request), kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error)) from error


def _count(provider: Provider, request: Request, client: Client) -> None:
    with provider.database.transaction(origin_of(request, client_id=client.client_id)) as tx:
        counted = provider.limiter.debit(tx, LIMIT, client.client_id)
    if isinstance(counted, LimitHit):
        wait = max(1, int((counted.retry_at - provider.clock.now()).total_seconds()))
        raise TooManyRequests("too many requests", headers={"Retry-After": str(wait)})
