"""Push delivery of security events (RFC 8935): one token in each request."""

from collections.abc import Callable
from http import HTTPStatus

import msgspec

from idp.clients.client import Client
from idp.clients.registry import LiveRegistry
from idp.clients.subscriptions import EventStream
from idp.database import Database, Origin
from idp.events import kept_events, streams, tokens
from idp.events.patience import later
from idp.events.streams import DISABLED, PAUSED
from idp.events.transmission import PUSH
from idp.messages.absent_clients import waiting_for
from idp.messages.delivery import NotNow, Parcel, Undeliverable
from idp.outbound.client import Outbound, OutboundBusy, Recipient
from idp.outbound.exchange import OutboundFailed, OutboundRequest, OutboundResponse
from idp.signing_keys import SigningKeys

WORKER = Origin(actor="worker")
GONE = "the client has no stream of events any more"
TAKEN = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})
FINAL = frozenset({"invalid_request", "invalid_issuer", "invalid_audience", "invalid_state"})
"""Errors of a receiver that another try does not cure (RFC 8935 §2.4)."""


class PushError(msgspec.Struct):
    """The receiver's reason (RFC 8935 §2.3); its description is never repeated."""

    err: str = ""


class SecurityEventPush:
    """The delivery function of the outbox's kind `security_event`; `at_once`: calls to one receiver."""

    def __init__(
        self,
        database: Database,
        registry: LiveRegistry,
        keys: SigningKeys,
        outbound: Outbound,
        *,
        issuer: str,
        at_once: int,
    ) -> None:
        self._database = database
        self._registry = registry
        self._keys = keys
        self._outbound = outbound
        self._issuer = issuer
        self._at_once = at_once

    def __call__(self, parcel: Parcel) -> None:
        """Post the event, keep it for a stream that is paused or polls by now, or raise `Undeliverable` or `NotNow`."""
        client = self._registry.current().client(parcel.client_id)
        if client is None:
            raise waiting_for(self._database, parcel, GONE)
        described = client.events
        if described is None:
            raise Undeliverable(GONE)
        if self._keep_if_held(described, parcel):
            return
        again = self._try_again(parcel)
        try:
            answer = self._post(client, described, parcel)
        except OutboundBusy as busy:
            raise NotNow(busy.retry_after) from busy
        except OutboundFailed as error:
            raise again(str(error)) from error
        if answer.status in TAKEN:
            return
        refusal = _refusal(answer)
        if refusal in FINAL:
            raise Undeliverable(f"the client refused the event: {refusal}")
        raise again(f"the client answered {answer.status}" + (f": {refusal}" if refusal else ""))

    def _keep_if_held(self, described: EventStream, parcel: Parcel) -> bool:
        """Raises `Undeliverable` where the receiver has disabled or deleted the stream meanwhile."""
        with self._database.reading() as tx:
            stream = streams.find(tx, parcel.client_id)
        if stream is None or stream.status == DISABLED:
            raise Undeliverable("the client has ended its stream of events")
        if described.endpoint and stream.status != PAUSED:
            return False
        jti, whose = str(parcel.payload["jti"]), parcel.person_id if parcel.holds_contacts else ""
        with self._database.transaction(WORKER) as tx:
            kept_events.keep(tx, jti, parcel.client_id, kept_events.STREAM, parcel.payload, contacts_of=whose)
        return True

    def _post(self, client: Client, stream: EventStream, parcel: Parcel) -> OutboundResponse:
        token = tokens.signed(self._keys, self._issuer, client, parcel.payload)
        headers = {"Content-Type": tokens.MEDIA_TYPE, "Accept": "application/json"}
        if stream.authorization_env:
            headers["Authorization"] = self._registry.variable(stream.authorization_env)
        recipient = Recipient(
            name=client.client_id, purpose=PUSH, allow_private=client.allow_private_addresses, at_once=self._at_once
        )
        return self._outbound.send(OutboundRequest(stream.endpoint, "POST", headers, token.encode()), recipient)

    def _try_again(self, parcel: Parcel) -> Callable[[str], NotNow]:
        with self._database.reading() as tx:
            now = tx.shared.now
        return lambda fault: later(fault, since=parcel.created_at, now=now)


def _refusal(answer: OutboundResponse) -> str:
    """Return the error code of a refusal (RFC 8935 §2.3), as far as it is one of the registered kind."""
    try:
        said = msgspec.json.decode(answer.body, type=PushError).err
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    return said if said in tokens.ERRORS else ""
