"""The interface between the worker and the deliveries."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec


class MessageContent(msgspec.Struct, frozen=True):
    """The content of a mail or SMS, with its recipient."""

    to: str
    template: str
    language: str
    values: dict[str, object]
    brand: str


@dataclass(frozen=True)
class Parcel:
    """One row of the outbox, opened for its delivery. `id` is stable over retries: receivers dedupe by it.

    `holds_contacts`: an address or number of its person is in the payload.
    """

    id: str
    kind: str
    payload: Mapping[str, object]
    person_id: str
    client_id: str
    attempts: int
    created_at: datetime
    expires_at: datetime
    holds_contacts: bool = False

    @property
    def message(self) -> MessageContent:
        """The payload of a mail or SMS."""
        return msgspec.convert(self.payload, MessageContent)


Deliver = Callable[[Parcel], None]
"""Delivers one parcel or raises: `Undeliverable`, `TryLater`, `NotNow`, `ChannelDown`."""

Delivery = Callable[[], AbstractContextManager[Deliver]]
"""Opens what one batch shares (a connection), and hands out the function that delivers each parcel of it."""


class Undeliverable(Exception):
    """This parcel will never arrive (refused recipient): no further try. The text names the fault, no address."""


class TryLater(Exception):
    """This parcel could not be delivered now (greylisting, a portal that is down); others may be."""


class NotNow(Exception):
    """Its recipient may be asked again after `seconds`. That costs this parcel no try: it waits until it expires.

    `fault` says why the recipient failed, if it was asked.
    """

    def __init__(self, seconds: int, fault: str = "") -> None:
        super().__init__(fault or f"again after {seconds} seconds")
        self.seconds = seconds
        self.fault = fault


class ChannelDown(Exception):
    """Nothing can be delivered this way now (no connection, wrong credentials): the channel's circuit opens."""


def stateless(deliver: Deliver) -> Delivery:
    """Return a delivery whose parcels share nothing."""

    @contextmanager
    def open_batch() -> Iterator[Deliver]:
        yield deliver

    return open_batch
