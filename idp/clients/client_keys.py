"""The public keys of clients: from their file, or from their `jwks_uri`, parsed once and kept in this process.

A key set at an address is fetched again when it is an hour old, or when a token names a key that is not in it, but not
more often than every ten seconds: a client may rotate its keys without telling us, and nobody can make us fetch in a
loop. When the address fails, the last good set stays in use, and the address is tried again after those ten seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import structlog

from idp import jose
from idp.clients.client import Client
from idp.clock import Clock
from idp.jose import Key
from idp.outbound.client import OutboundBusy, Recipient

FRESH, PATIENCE = 3600, 10
"""Seconds."""

log = structlog.get_logger()


class Fetch(Protocol):
    def __call__(self, url: str, recipient: Recipient) -> bytes:
        """Return the body at an address that a client gave us.

        Raises `OutboundBusy` if no call may be made now, and another exception if the call fails.
        """
        ...


@dataclass(frozen=True)
class _CachedKeys:
    source: Any
    keys: tuple[Key, ...]
    fetched_at: float


class ClientKeys:
    """The keys of every client that was asked for. May fetch: never call it inside a transaction."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: dict[str, _CachedKeys] = {}

    def of(self, client: Client, kid: object = None) -> Sequence[Key]:
        """Return the keys of this client, if any. A `kid` that a token names and nobody knows is looked for again.

        Raises `OutboundBusy` when the key that is asked for may be at an address that nobody may ask now.
        """
        if client.jwks is not None:
            return self._inline(client, client.jwks)
        return self._remote(client, kid) if client.jwks_uri else ()

    def _inline(self, client: Client, jwks: Mapping[str, object]) -> Sequence[Key]:
        kept = self._kept.get(client.client_id)
        if kept is None or kept.source != jwks:
            kept = _CachedKeys(jwks, jose.read_keys(jwks), self._clock.monotonic())
            self._kept[client.client_id] = kept
        return kept.keys

    def _remote(self, client: Client, kid: object) -> Sequence[Key]:
        kept = self._kept.get(client.client_id)
        if kept is not None and kept.source != client.jwks_uri:
            kept = None
        if kept is None or self._is_due(kept, kid):
            kept = self._fetched(client, kept, kid)
        return kept.keys

    def _is_due(self, kept: _CachedKeys, kid: object) -> bool:
        age = self._clock.monotonic() - kept.fetched_at
        return age >= FRESH or (_lacks(kept, kid) and age >= PATIENCE)

    def _fetched(self, client: Client, kept: _CachedKeys | None, kid: object) -> _CachedKeys:
        now = self._clock.monotonic()
        try:
            fresh = _CachedKeys(client.jwks_uri, self._read(client), now)
        except OutboundBusy:
            if kept is None or _lacks(kept, kid):
                raise
            return kept
        except Exception as error:
            log.warning("client_keys_unavailable", client=client.client_id, reason=str(error))
            fresh = _CachedKeys(client.jwks_uri, kept.keys if kept else (), now - FRESH + PATIENCE)
        self._kept[client.client_id] = fresh
        return fresh

    def _read(self, client: Client) -> tuple[Key, ...]:
        recipient = Recipient(name=client.client_id, purpose="jwks_uri", allow_private=client.allow_private_addresses)
        body = self._fetch(client.jwks_uri, recipient)
        return jose.read_keys(msgspec.json.decode(body, type=dict[str, object]))


def _lacks(kept: _CachedKeys, kid: object) -> bool:
    return kid is not None and kid not in {key.kid for key in kept.keys}
