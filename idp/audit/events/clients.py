"""Events of the client registry."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class ClientAppeared(Event):
    """A client file is served for the first time, or again. `version` is the registry's."""

    version: str


@dataclass(frozen=True, kw_only=True)
class ClientDisappeared(Event):
    """A client file is gone: the client is refused everywhere; what it held ends after a grace (`AccessEnded`)."""

    version: str


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(Event):
    """A client registered itself (RFC 7591)."""

    client_name: str


@dataclass(frozen=True, kw_only=True)
class ClientChanged(Event):
    """A registered client replaced its metadata (RFC 7592)."""


@dataclass(frozen=True, kw_only=True)
class ClientRemoved(Event):
    """A registered client deleted itself (RFC 7592)."""


@dataclass(frozen=True, kw_only=True)
class WebhooksReplayed(Event):
    """`count` events were queued again for a program: those since that time, in ISO 8601; empty: those it lost."""

    since: str
    count: int
    reason: str
