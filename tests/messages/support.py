"""Messages to queue, and deliveries that tell what they were given."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from idp.database import Database
from idp.messages import outbox
from idp.messages.catalogue import CATALOGUE
from idp.messages.delivery import Deliver, Parcel
from idp.messages.outbox import Message

AT = datetime(2026, 7, 16, 15, 41, tzinfo=UTC)
TO = {"email": "anna@example.ch", "sms": "+41791234567"}


def message(template: str = "password_changed", kind: str = "email", **changes: Any) -> Message:
    fields: dict[str, Any] = {
        "kind": kind,
        "to": TO[kind],
        "template": template,
        "language": "fr",
        "values": CATALOGUE[template].sample,
        **changes,
    }
    return Message(**fields)


def enqueue(database: Database, *messages: Message) -> list[str]:
    with database.transaction() as tx:
        return [outbox.enqueue(tx, each) for each in messages or (message(),)]


class Recorder:
    """A delivery that keeps what it was given, and fails as it is told to."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.batches = 0
        self.faults: list[Exception | None] = []

    @contextmanager
    def __call__(self) -> Iterator[Deliver]:
        self.batches += 1
        yield self._deliver

    @property
    def ids(self) -> list[str]:
        return [parcel.id for parcel in self.parcels]

    def _deliver(self, parcel: Parcel) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.parcels.append(parcel)
