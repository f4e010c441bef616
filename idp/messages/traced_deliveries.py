"""Spans of messages: queued by a request, taken as a batch by a worker, delivered one by one.

A message's id is in the span that queued it and in each try to deliver it, so that one leads to the other.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from idp.database import Transaction
from idp.messages.delivery import Deliver, Delivery, Parcel
from idp.messages.outbox import MessageQueued
from idp.tracing.tracer import Attributes, Tracer


class QueuedMessages:
    """Observer of the database: a span for each message that a transaction queues."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def __call__(self, _tx: Transaction, fact: object) -> None:
        if isinstance(fact, MessageQueued):
            attributes = {"vestibule.message": fact.id, "vestibule.kind": fact.kind, "vestibule.lane": fact.lane}
            self._tracer.begin(f"queue {fact.kind}", "producer", attributes).end()


def traced(kind: str, delivery: Delivery, tracer: Tracer) -> Delivery:
    """Return the delivery with a span for each batch, and one for each parcel within."""

    @contextmanager
    def open_batch() -> Iterator[Deliver]:
        with tracer.span(f"outbox {kind}", "consumer", {"vestibule.kind": kind}), delivery() as deliver:

            def deliver_traced(parcel: Parcel) -> None:
                attributes: Attributes = {
                    "vestibule.kind": kind,
                    "vestibule.message": parcel.id,
                    "vestibule.attempt": parcel.attempts,
                }
                with tracer.span(f"deliver {kind}", "client", attributes):
                    deliver(parcel)

            yield deliver_traced

    return open_batch
