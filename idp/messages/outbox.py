"""The outbox: messages written in the transaction that causes them, delivered by the worker afterwards.

Payloads are sealed, and blanked when sent, expired or dead. A row belongs to a lane; lanes are leased separately, so
that bulk mail never delays a code (rulings 21). Delivery is at least once; a receiver dedupes by the row's id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from idp.database import Transaction

Lane = Literal["codes", "notices", "logout", "bulk"]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A mail or SMS in words that the catalogue knows. It is rendered at delivery, in `language` and brand.

    `values` must be exactly those that the catalogue names for the template (texts, numbers, aware datetimes, lists
    and dicts of these). `client_id` decides the brand; without one, `brand` does, else the neutral brand. `about` names
    what the message belongs to (a code's id): it is handed back when the message cannot be delivered. A `decoy` makes
    the same row and is never delivered.
    """

    kind: Literal["email", "sms"]
    to: str
    template: str
    language: str
    values: Mapping[str, Any] = field(default_factory=dict)
    client_id: str = ""
    brand: str = ""
    lane: Lane = "notices"
    expires_at: datetime | None = None
    dedup_key: str = ""
    person_id: str = ""
    about: str = ""
    decoy: bool = False


@dataclass(frozen=True)
class Sent:
    """What became of a message, for the desk and the signed-in owner (rulings 18)."""

    id: str
    kind: str
    template: str
    masked: str
    created_at: datetime
    done_at: datetime | None
    outcome: Literal["", "sent", "expired", "dead"]
    fault: str


def enqueue(tx: Transaction, message: Message) -> str:
    """Queue a mail or SMS and return its id; an empty text if `dedup_key` was queued before.

    Raises `ValueError` for an unknown template, values that do not match the catalogue, or a recipient of another
    kind (an SMS to an e-mail address).
    """
    raise NotImplementedError


def enqueue_call(
    tx: Transaction,
    kind: str,
    payload: Mapping[str, Any],
    *,
    lane: Lane = "logout",
    dedup_key: str = "",
    person_id: str = "",
    client_id: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Queue something for the delivery function of `kind` (`backchannel_logout`, …). Returns as `enqueue`."""
    raise NotImplementedError


def of_person(tx: Transaction, person_id: str, *, limit: int = 20) -> list[Sent]:
    """The newest messages to a person and what became of them."""
    raise NotImplementedError


def purge(tx: Transaction, before: datetime, *, batch: int = 1000) -> int:
    """Delete up to `batch` rows that were done before; how many went."""
    raise NotImplementedError
