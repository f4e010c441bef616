"""The observer that addresses security events to the clients that know the person, in the transaction that caused them.

A stream that pushes gets a row of the outbox; one that polls, or is paused, a kept event. Either carries the content of
the token; it is signed when it leaves.
"""

from collections.abc import Callable, Iterable, Mapping

from idp import random_values
from idp.audit.authors import is_desk
from idp.audit.events.people import PersonErased
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.events import acquaintances, kept_events, streams
from idp.events.security_events import CAEP, TYPES, VERIFICATION, SecurityEvent, of_fact
from idp.events.streams import DISABLED, Stream
from idp.grants import client_sessions
from idp.messages import outbox

PUSH = "security_event"
"""The kind of delivery in the outbox."""
PROGRAMS = frozenset({"worker", "legacy-directory"})
RESUMED_AT_ONCE = 500

Subject = Mapping[str, object]


class Transmission:
    """Hears what transactions are told. `registry` returns the clients of the moment."""

    def __init__(self, registry: Callable[[], Registry], issuer: str) -> None:
        self._registry = registry
        self._issuer = issuer

    def __call__(self, tx: Transaction, fact: object) -> None:
        """Write what follows from this fact for each stream that wants it."""
        for event in of_fact(fact):
            wanting = [c for c in self._registry().clients if c.events is not None and event.name in c.events.types]
            if wanting:
                self._address(tx, event, wanting)
        if isinstance(fact, PersonErased):
            streams.forget_person(tx, fact.person_id)
            kept_events.forget(tx, fact.person_id, kept_events.STREAM)
            outbox.forget_contacts(tx, PUSH, fact.person_id)

    def _address(self, tx: Transaction, event: SecurityEvent, wanting: Iterable[Client]) -> None:
        subjects = self._subjects(tx, event, {client.client_id: client for client in wanting})
        left_out = streams.excluding(tx, event.person_id, subjects) if subjects else set()
        for stream in streams.live(tx, subjects) if subjects else ():
            uri = TYPES[event.name]
            if stream.client_id not in left_out and (not stream.requested or uri in stream.requested):
                claims = {**event.claims, **self._circumstances(tx, event)}
                told = subjects[stream.client_id]
                if event.identifier:
                    claims, told = {**claims, "account": told}, event.identifier
                contacts_of = event.person_id if event.identifier else ""
                transmit(tx, stream, uri, claims, told, person_id=event.person_id, contacts_of=contacts_of)

    def _subjects(self, tx: Transaction, event: SecurityEvent, clients: Mapping[str, Client]) -> dict[str, Subject]:
        """Return the subject of the event by client id, for the clients that may hear it."""
        if event.ended is not None:
            ended = event.ended
            return {ended.client_id: self._session(ended.subject, ended.sid)} if ended.client_id in clients else {}
        if event.session_id:
            found = client_sessions.of_session(tx, event.session_id)
            return {s.client_id: self._session(s.subject, s.sid) for s in found if s.client_id in clients}
        known = acquaintances.subjects_at(tx, event.person_id, list(clients.values()))
        return {
            client_id: self._user(subject)
            for client_id, subject in known.items()
            if not event.scope or acquaintances.was_told(tx, event.person_id, clients[client_id], event.scope)
        }

    def _user(self, subject: str) -> Subject:
        """RFC 9493 §3.2.3."""
        return {"format": "iss_sub", "iss": self._issuer, "sub": subject}

    def _session(self, subject: str, sid: str) -> Subject:
        """Shared Signals Framework §3.2: a person and one session of theirs, as ID tokens name them."""
        return {"format": "complex", "user": self._user(subject), "session": {"format": "opaque", "id": sid}}

    def _circumstances(self, tx: Transaction, event: SecurityEvent) -> Mapping[str, object]:
        """CAEP §2. RISC events have no such claims."""
        if event.name not in CAEP:
            return {}
        return {
            "event_timestamp": int(tx.now.timestamp()),
            "initiating_entity": _initiator(tx.origin.actor, event.person_id),
        }


def transmit(
    tx: Transaction,
    stream: Stream,
    uri: str,
    claims: Mapping[str, object],
    subject: Subject,
    *,
    person_id: str = "",
    contacts_of: str = "",
) -> str:
    """Write one event for this stream and return its `jti`. `contacts_of`: the person whose contact data it holds."""
    jti = kept_events.new_id(tx)
    content: dict[str, object] = {
        "name": uri.rpartition("/")[2],
        "jti": jti,
        "iat": int(tx.now.timestamp()),
        "sub_id": subject,
        "events": {uri: claims},
        **_transaction_id(tx, stream.client_id),
    }
    if stream.holds:
        kept_events.keep(tx, jti, stream.client_id, kept_events.STREAM, content, contacts_of=contacts_of)
    else:
        push(tx, stream.client_id, content, person_id=person_id, contacts_of=contacts_of)
    return jti


def verify(tx: Transaction, stream: Stream, *, state: str | None = None) -> str:
    """Write a verification event (Shared Signals Framework §8.1.4), with the receiver's `state` if it asked."""
    claims = {"state": state} if state is not None else {}
    return transmit(tx, stream, VERIFICATION, claims, {"format": "opaque", "id": stream.stream_id})


def settle(tx: Transaction, stream: Stream) -> None:
    """Do with kept events what the new status of the stream asks: push them in their order, keep or drop them."""
    if stream.status == DISABLED:
        kept_events.release(tx, stream.client_id, kept_events.STREAM)
    if stream.holds:
        return
    while kept := kept_events.of_client(tx, stream.client_id, kept_events.STREAM, limit=RESUMED_AT_ONCE):
        for event in kept:
            push(tx, stream.client_id, event.content, contacts_of=event.contacts_of)
        kept_events.release(tx, stream.client_id, kept_events.STREAM, [event.id for event in kept])


def catch_up(tx: Transaction, registry: Registry) -> None:
    """Push what waits for receivers that do not fetch: their file asked for polling before, or a pause ended while the
    event was being kept."""
    described = [client.client_id for client in registry.clients if client.events is not None]
    for stream in streams.live(tx, described) if described else ():
        settle(tx, stream)


def push(
    tx: Transaction, client_id: str, content: Mapping[str, object], *, person_id: str = "", contacts_of: str = ""
) -> None:
    """Queue the event for its delivery. `contacts_of`: the person whose contact data it holds."""
    outbox.enqueue_call(
        tx,
        PUSH,
        content,
        person_id=person_id or contacts_of,
        client_id=client_id,
        about=outbox.HOLDS_CONTACTS if contacts_of else "",
        expires_at=tx.shared.now + kept_events.LIFETIME,
    )


def _transaction_id(tx: Transaction, client_id: str) -> dict[str, object]:
    """Return `txn` (RFC 8417 §2.2): events of one cause share it at one client, and at no two clients."""
    request_id = tx.origin.request_id
    return {"txn": random_values.fingerprint(f"{request_id} {client_id}")[:22]} if request_id else {}


def _initiator(actor: str, person_id: str) -> str:
    if actor in PROGRAMS:
        return "system"
    return "admin" if is_desk(actor) or actor not in ("", person_id) else "user"
