"""Whether a channel works: a circuit breaker in the database, the same for every node and every person (X-27)."""

from dataclasses import dataclass
from datetime import datetime

from idp.database import Transaction


@dataclass(frozen=True)
class ChannelState:
    """`down` since `since`; the next trial is at `retry_at`."""

    channel: str
    down: bool
    since: datetime | None = None
    retry_at: datetime | None = None


def channel_state(tx: Transaction, channel: str) -> ChannelState:
    """The state of `email`, `sms` or another kind of delivery. Reads only."""
    raise NotImplementedError
