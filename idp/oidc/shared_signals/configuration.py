"""The configuration of a stream (Shared Signals Framework 1.0 §8.1.1): created, read, changed, replaced, deleted."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from idp.clients.subscriptions import EventStream
from idp.database import Transaction
from idp.events import kept_events, streams
from idp.events.security_events import TYPES
from idp.events.streams import MIN_VERIFICATION_INTERVAL, Stream
from idp.oidc.errors import InvalidRequest
from idp.oidc.shared_signals.addresses import POLL, POLL_METHOD, PUSH_METHOD
from idp.oidc.shared_signals.receiver import Receiver, StreamExists

MOST_TYPES = 50
OURS = ("iss", "aud", "events_supported", "events_delivered", "min_verification_interval")
"""The transmitter supplies these: a request may repeat them, unchanged (§8.1.1.3)."""


class Delivery(msgspec.Struct):
    """The delivery that a receiver proposes: the one of its file, or none."""

    method: str
    endpoint_url: str = ""
    authorization_header: str = ""


class Wishes(msgspec.Struct):
    """The properties that the receiver supplies."""

    events_requested: (
        Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(min_length=1, max_length=MOST_TYPES)]
        | UnsetType
    ) = UNSET
    delivery: Delivery | UnsetType = UNSET
    description: Annotated[str, msgspec.Meta(max_length=500)] | UnsetType = UNSET


def configuration_of(issuer: str, receiver: Receiver, stream: Stream) -> dict[str, object]:
    """Return the stream as its receiver sees it. The Authorization header of its deliveries is not told."""
    supported = [TYPES[name] for name in receiver.described.types]
    requested = list(stream.requested) or supported
    return {
        "stream_id": stream.stream_id,
        "iss": issuer,
        "aud": receiver.client.client_id,
        "events_supported": supported,
        "events_requested": requested,
        "events_delivered": [uri for uri in supported if uri in requested],
        "delivery": _delivery(issuer, receiver.described, stream.stream_id),
        "min_verification_interval": int(MIN_VERIFICATION_INTERVAL.total_seconds()),
        **({"description": stream.description} if stream.description else {}),
    }


def create(tx: Transaction, receiver: Receiver, tree: Mapping[str, object]) -> Stream:
    """Begin the stream anew after it was deleted. Raises `StreamExists` while there is one."""
    wishes = _wishes(tree)
    poll = Delivery(POLL_METHOD)  # §8.1.1.1: the method of a request that names none
    _check_delivery(receiver.described, poll if isinstance(wishes.delivery, UnsetType) else wishes.delivery, "")
    if not streams.begin(tx, receiver.client, requested=_requested(wishes), description=_description(wishes)):
        raise StreamExists("the client has its stream already: read it, then change it")
    return _found(tx, receiver.client.client_id)


def change(
    tx: Transaction, issuer: str, receiver: Receiver, stream: Stream, tree: Mapping[str, object], *, replaces: bool
) -> Stream:
    """Set what the request names; `replaces`: what it does not name goes back to what the file says."""
    wishes = _wishes(tree)
    now = configuration_of(issuer, receiver, stream)
    for name in OURS:
        if name in tree and tree[name] != now[name]:
            raise InvalidRequest(f"{name} is not for the receiver to change")
    if not isinstance(wishes.delivery, UnsetType):
        _check_delivery(receiver.described, wishes.delivery, f"{issuer}{POLL}/{stream.stream_id}")
    values: dict[str, object] = {}
    if replaces or not isinstance(wishes.events_requested, UnsetType):
        values["requested"] = _requested(wishes)
    if replaces or not isinstance(wishes.description, UnsetType):
        values["description"] = _description(wishes)
    if values:
        streams.change(tx, receiver.client.client_id, **values)
    return _found(tx, receiver.client.client_id)


def delete(tx: Transaction, receiver: Receiver) -> None:
    """End the stream, with the events that wait for it."""
    streams.delete(tx, receiver.client.client_id)
    kept_events.release(tx, receiver.client.client_id, kept_events.STREAM)


def _wishes(tree: Mapping[str, object]) -> Wishes:
    try:
        return msgspec.convert(tree, Wishes)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error)) from error


def _requested(wishes: Wishes) -> list[str]:
    return [] if isinstance(wishes.events_requested, UnsetType) else list(dict.fromkeys(wishes.events_requested))


def _description(wishes: Wishes) -> str:
    return "" if isinstance(wishes.description, UnsetType) else wishes.description


def _delivery(issuer: str, described: EventStream, stream_id: str) -> dict[str, str]:
    if described.delivery == "push":
        return {"method": PUSH_METHOD, "endpoint_url": described.endpoint}
    return {"method": POLL_METHOD, "endpoint_url": f"{issuer}{POLL}/{stream_id}"}


def _check_delivery(described: EventStream, asked: Delivery, poll: str) -> None:
    """The operator vouches for the address: a token that was stolen sends no events elsewhere."""
    expected = PUSH_METHOD if described.delivery == "push" else POLL_METHOD
    endpoint = described.endpoint if described.delivery == "push" else poll
    if asked.method != expected or asked.endpoint_url not in ("", endpoint) or asked.authorization_header:
        raise InvalidRequest("method, address and authorization of the delivery are set by the operator of the issuer")


def _found(tx: Transaction, client_id: str) -> Stream:
    found = streams.find(tx, client_id)
    if found is None:
        raise LookupError("the stream was deleted in its own transaction")
    return found
