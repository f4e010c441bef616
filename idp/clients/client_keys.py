"""The public keys of clients: from their file, or from their `jwks_uri`, parsed once and kept in this process.

A key set at an address is fetched again when it is an hour old, or when a token names a key that is not in it, but not
more often than every ten seconds: a client may rotate its keys without telling us, and nobody can make us fetch in a
loop. When the address fails, the last good set stays in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

import msgspec
import structlog

from idp import jose
from idp.clients.client import Client
from idp.clock import Clock
from idp.jose import Key

FRESH = timedelta(hours=1)
PATIENCE = timedelta(seconds=10)

log = structlog.get_logger()


class Fetch(Protocol):
    def __call__(self, url: str, *, allow_private: bool) -> bytes:
        """The body at an address that somebody gave us. Raises any exception when it cannot be had."""
        ...


@dataclass(frozen=True)
class _Kept:
    source: Any
    keys: tuple[Key, ...]
    fetched_at: datetime


class ClientKeys:
    """The keys of every client that was asked for. May fetch: never call it inside a transaction."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, Lock] = {}

    def of(self, client: Client, kid: object = None) -> Sequence[Key]:
        """The keys of this client, none if it has none; `kid` is the key that a token names, to be looked for again."""
        if client.jwks is not None:
            return self._inline(client, client.jwks)
        return self._remote(client, kid) if client.jwks_uri else ()

    def _inline(self, client: Client, jwks: Mapping[str, Any]) -> Sequence[Key]:
        kept = self._kept.get(client.client_id)
        if kept is None or kept.source != jwks:
            kept = _Kept(jwks, jose.read_keys(jwks), self._clock.now())
            self._kept[client.client_id] = kept
        return kept.keys

    def _remote(self, client: Client, kid: object) -> Sequence[Key]:
        kept = self._kept.get(client.client_id)
        if kept is None or kept.source != client.jwks_uri or self._is_due(kept, kid):
            # One per client: an address that does not answer holds up nobody else.
            with self._locks.setdefault(client.client_id, Lock()):
                kept = self._fetched(client, self._kept.get(client.client_id), kid)
        return kept.keys

    def _is_due(self, kept: _Kept, kid: object) -> bool:
        age = self._clock.now() - kept.fetched_at
        unknown = kid is not None and kid not in {key.kid for key in kept.keys}
        return age >= FRESH or (unknown and age >= PATIENCE)

    def _fetched(self, client: Client, kept: _Kept | None, kid: object) -> _Kept:
        """Fetch, unless another thread did while this one waited."""
        if kept is not None and kept.source == client.jwks_uri and not self._is_due(kept, kid):
            return kept
        last_good = kept.keys if kept is not None and kept.source == client.jwks_uri else ()
        kept = _Kept(client.jwks_uri, self._read(client) or last_good, self._clock.now())
        self._kept[client.client_id] = kept
        return kept

    def _read(self, client: Client) -> tuple[Key, ...]:
        try:
            body = self._fetch(client.jwks_uri, allow_private=client.allow_private_addresses)
            return jose.read_keys(msgspec.json.decode(body, type=dict[str, Any]))
        except Exception as error:
            log.warning("client_keys_unavailable", client=client.client_id, reason=str(error))
            return ()
