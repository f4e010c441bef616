"""Poll delivery (RFC 8936): the receiver fetches tokens, and says which it has."""

from typing import Annotated

import msgspec
import structlog

from idp.database import Transaction
from idp.events import kept_events, tokens
from idp.events.kept_events import Kept
from idp.events.streams import ENABLED, Stream
from idp.oidc.shared_signals.receiver import Receiver

log = structlog.get_logger()

MOST = 100
Identifier = Annotated[str, msgspec.Meta(max_length=100)]


class PollError(msgspec.Struct):
    """Why a token could not be used. Only its code is looked at."""

    err: Annotated[str, msgspec.Meta(max_length=100)] = ""


class PollRequest(msgspec.Struct, rename="camel"):
    """RFC 8936 §2.2. An answer never waits for an event: `returnImmediately` is always true."""

    max_events: Annotated[int, msgspec.Meta(ge=0)] = MOST
    ack: Annotated[list[Identifier], msgspec.Meta(max_length=1000)] = msgspec.field(default_factory=list)
    set_errs: Annotated[dict[Identifier, PollError], msgspec.Meta(max_length=1000)] = msgspec.field(
        default_factory=dict
    )


def take(tx: Transaction, receiver: Receiver, asked: PollRequest, stream: Stream) -> tuple[list[Kept], bool]:
    """Delete what the receiver has or cannot use, and return what waits, oldest first, and whether there is more."""
    client_id = receiver.client.client_id
    done = {*asked.ack, *asked.set_errs}
    if done:
        kept_events.release(tx, client_id, kept_events.STREAM, done)
    for error in asked.set_errs.values():
        log.warning("event_refused", client=client_id, reason=error.err if error.err in tokens.ERRORS else "other")
    if stream.status != ENABLED:
        return [], False
    most = min(asked.max_events, MOST)
    found = kept_events.of_client(tx, client_id, kept_events.STREAM, limit=most + 1)
    return list(found[:most]), len(found) > most
