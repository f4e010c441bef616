"""The worker: takes messages from the outbox, lane by lane, and delivers them."""

from collections.abc import Callable, Mapping
from threading import Event
from typing import Protocol

from idp.clock import Clock
from idp.database import Database, Transaction
from idp.messages.delivery import Delivery
from idp.settings import Settings

Undelivered = Callable[[Transaction, str], None]
"""Told the `about` of a message that died or expired undelivered."""


class Parts(Protocol):
    """What the worker needs of the provider."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def database(self) -> Database: ...


class Worker:
    def run_once(self) -> int:
        """Deliver what is due now, in the order of the lanes, in this thread; how many rows were taken."""
        raise NotImplementedError

    def run_forever(self, stop: Event) -> None:
        """Deliver until `stop` is set: threads per lane, woken by NOTIFY on PostgreSQL, polling besides."""
        raise NotImplementedError


def build(parts: Parts, deliveries: Mapping[str, Delivery], undelivered: Undelivered) -> Worker:
    """A worker over the provider's parts. `deliveries` by kind: `transports.deliveries(provider)` gives `email` and
    `sms`; add `"backchannel_logout": delivery.stateless(function)`. `undelivered`: `codes.service.undelivered`.
    """
    raise NotImplementedError
