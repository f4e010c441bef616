"""Delivery of web-hooks, signed as Standard Webhooks asks: `webhook-id`, `webhook-timestamp`, `webhook-signature`."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

import msgspec

from idp.clients.client import Client
from idp.clients.registry import LiveRegistry
from idp.clients.subscriptions import Webhook, signing_key
from idp.database import Database
from idp.events import kept_events
from idp.events.kept_events import Kept
from idp.events.patience import later
from idp.events.webhooks import CONTACTS, KIND, without_contacts
from idp.messages.absent_clients import waiting_for
from idp.messages.delivery import NotNow, Parcel, Undeliverable
from idp.outbound.client import Outbound, OutboundBusy, Recipient
from idp.outbound.exchange import OutboundFailed, OutboundRequest, OutboundResponse

VERSION = "v1"
GONE = "the program has no web-hook any more"


class WebhookDelivery:
    """The delivery function of the outbox's kind `webhook`; `at_once`: calls to one program."""

    def __init__(self, database: Database, registry: LiveRegistry, outbound: Outbound, *, at_once: int) -> None:
        self._database = database
        self._registry = registry
        self._outbound = outbound
        self._at_once = at_once

    def __call__(self, parcel: Parcel) -> None:
        """Post the event, or raise `Undeliverable` or `NotNow`."""
        client = self._registry.current().client(parcel.client_id)
        if client is None:
            raise waiting_for(self._database, parcel, GONE)
        webhook = client.webhook
        if webhook is None:
            raise Undeliverable(GONE)
        with self._database.reading() as tx:
            kept = kept_events.find(tx, parcel.client_id, kept_events.WEBHOOK, str(parcel.payload["id"]))
            now = tx.shared.now
        if kept is None:
            raise Undeliverable("the event is kept no more")
        try:
            answer = self._post(client, webhook, kept, now)
        except OutboundBusy as busy:
            raise NotNow(busy.retry_after) from busy
        except OutboundFailed as error:
            raise later(str(error), since=parcel.created_at, now=now) from error
        if answer.status == HTTPStatus.GONE:
            raise Undeliverable("the program wants no more of them")
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise later(f"the program answered {answer.status}", since=parcel.created_at, now=now)

    def _post(self, client: Client, webhook: Webhook, kept: Kept, now: datetime) -> OutboundResponse:
        body = msgspec.json.encode(_told(client, kept.content["body"]))
        timestamp = str(int(now.timestamp()))
        secrets = [self._registry.variable(name) for name in webhook.secret_variables]
        headers = {
            "Content-Type": "application/json",
            "webhook-id": kept.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(secrets, kept.id, timestamp, body),
        }
        recipient = Recipient(
            name=client.client_id, purpose=KIND, allow_private=client.allow_private_addresses, at_once=self._at_once
        )
        return self._outbound.send(OutboundRequest(webhook.url, "POST", headers, body), recipient)


def _told(client: Client, body: object) -> object:
    """Return the body as the program may read it now: without contact data where its file does not give them any
    more."""
    return body if CONTACTS in client.scopes else without_contacts(body)


def signature(secrets: Iterable[str], event_id: str, timestamp: str, body: bytes) -> str:
    """Return one signature for each secret (`whsec_…`), separated by blanks: a receiver accepts any of them."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    digests = (hmac.new(signing_key(secret), signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"{VERSION},{b64encode(digest).decode()}" for digest in digests)
