"""Messages: what could not be delivered, and the health of channels."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class MessageUndelivered(Event):
    """A message could not be delivered (`dead`) or became too old (`expired`). `fault` names no address."""

    message_id: str
    kind: str
    template: str
    outcome: str
    fault: str


@dataclass(frozen=True, kw_only=True)
class ChannelFailed(Event):
    """Deliveries by this channel stopped working; its circuit is open."""

    channel: str
    fault: str


@dataclass(frozen=True, kw_only=True)
class ChannelRecovered(Event):
    channel: str
