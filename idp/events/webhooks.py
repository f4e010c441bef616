"""Web-hooks: the observer that writes them for each program within whose reach something happened, and their replay.

The content is kept for a week, so that it can be sent again; the outbox carries its id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.audit.events.people import PersonErased
from idp.clients.client import ApiAccess, Client
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.events import kept_events, occurrences
from idp.events.occurrences import CONTACT_VALUES, HEARD, Occurrence
from idp.messages import outbox
from idp.organisations import people_in_reach

KIND = "webhook"
"""The kind of delivery in the outbox."""
CONTACTS = "contacts:read"
"""The scope of the API that shows addresses and numbers in full."""
REPLAYED_AT_ONCE = 500


class WebhookAnnouncement:
    """Hears what transactions are told. `registry` returns the clients of the moment."""

    def __init__(self, registry: Callable[[], Registry]) -> None:
        self._registry = registry

    def __call__(self, tx: Transaction, fact: object) -> None:
        """Write a web-hook for each program that wants this and may know it."""
        if isinstance(fact, PersonErased):
            _forget_contacts(tx, fact.person_id)
        if not isinstance(fact, HEARD):
            return
        listening = [client for client in self._registry().clients if client.webhook is not None]
        occurrence = occurrences.of_fact(tx, fact) if listening else None
        for client in listening if occurrence is not None else ():
            if occurrence is not None and _concerns(tx, client, occurrence):
                _write(tx, client, occurrence)


@dataclass(frozen=True)
class Replay:
    """How many `events` were queued again. Where there are more, the next part begins behind `next`."""

    events: int
    next: str = ""


def replay(tx: Transaction, client_id: str, *, since: datetime, after: str = "") -> Replay:
    """Queue again what this program was told, or was to be told, since then. Ids stay; each at most once an hour."""
    found = kept_events.ids_since(tx, client_id, kept_events.WEBHOOK, since, after=after, limit=REPLAYED_AT_ONCE + 1)
    part = found[:REPLAYED_AT_ONCE]
    queued = sum(_queue(tx, client_id, event_id, dedup_key=f"{event_id} {tx.now:%Y-%m-%dT%H}") for event_id in part)
    return Replay(queued, part[-1] if len(found) > len(part) else "")


def replay_lost(tx: Transaction, client_id: str) -> Replay:
    """Queue again whatever of this program was given up within the retention of messages. Ids stay."""
    lost = outbox.take_given_up(tx, KIND, client_id, limit=REPLAYED_AT_ONCE)
    queued = sum(_queue(tx, client_id, event_id) for event_id in dict.fromkeys(lost))
    return Replay(queued, lost[-1] if len(lost) == REPLAYED_AT_ONCE else "")


def without_contacts(body: object) -> object:
    """Return the body of a web-hook without contact data: its ids stay."""
    if not isinstance(body, dict):
        return body
    data = {name: value for name, value in body["data"].items() if name not in CONTACT_VALUES}
    return {**body, "data": data}


def _forget_contacts(tx: Transaction, person_id: str) -> None:
    """Take the contact data of an erased person out of everything that waits, or can be sent again."""
    for kept in kept_events.with_contacts_of(tx, person_id, kept_events.WEBHOOK):
        kept_events.rewrite(tx, kept.id, {**kept.content, "body": without_contacts(kept.content["body"])})


def _concerns(tx: Transaction, client: Client, occurrence: Occurrence) -> bool:
    """Return whether the program wants this event and it lies within its reach."""
    if client.webhook is None or occurrence.name not in client.webhook.types:
        return False
    reach = client.api or ApiAccess()
    if occurrence.fund or occurrence.portal:
        return occurrence.fund in reach.funds or occurrence.portal in reach.portals
    return people_in_reach.contains(tx, occurrence.person_id, funds=reach.funds, portals=reach.portals)


def _write(tx: Transaction, client: Client, occurrence: Occurrence) -> None:
    values = occurrence.values if CONTACTS in client.scopes else {}
    data = {
        **({"person": occurrence.person_id} if occurrence.person_id else {}),
        **occurrence.data,
        **values,
    }
    body = {"type": occurrence.name, "timestamp": tx.now.isoformat(), "data": data}
    event_id = kept_events.new_id(tx)
    content = {"name": occurrence.name, "body": body}
    contacts_of = occurrence.person_id if values else ""
    kept_events.keep(tx, event_id, client.client_id, kept_events.WEBHOOK, content, contacts_of=contacts_of)
    _queue(tx, client.client_id, event_id)


def _queue(tx: Transaction, client_id: str, event_id: str, *, dedup_key: str = "") -> bool:
    """Return whether it was queued now: with a key, once."""
    expires_at = tx.shared.now + kept_events.LIFETIME
    payload, about = {"id": event_id}, event_id
    return bool(
        outbox.enqueue_call(
            tx, KIND, payload, client_id=client_id, about=about, dedup_key=dedup_key, expires_at=expires_at
        )
    )
