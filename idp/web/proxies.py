"""Which client a request really comes from, when reverse proxies stand in front.

- `X-Forwarded-For` and `X-Forwarded-Proto` are believed only when the peer is in `server.trusted_proxies` (CIDR).
- The client is the last address of the chain that is not itself a trusted proxy: what a stranger wrote further left
  is never reached.
- `X-Forwarded-*` and `Forwarded` of strangers are removed, so that no code below can believe them by mistake.
- Host headers decide nothing anywhere: links are built from `server.issuer`.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

STRANGER = "idp.forwarded_by_stranger"  # set when a peer that is not trusted claims to forward

Network = IPv4Network | IPv6Network


def networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """The networks written as CIDR or as single addresses. Raises ValueError naming the wrong one."""
    return tuple(ip_network(cidr, strict=False) for cidr in cidrs)


@lru_cache(maxsize=1024)  # asked for every request, and most come through the same few proxies
def within(address: str, trusted: tuple[Network, ...]) -> bool:
    """Whether an address, as the server or a proxy wrote it, lies in one of the networks."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


class TrustedProxies:
    """WSGI layer that puts the client's address and scheme where the rest of the application looks for them."""

    def __init__(self, application: Callable[..., Iterable[bytes]], trusted: tuple[Network, ...]) -> None:
        self._application = application
        self._trusted = trusted

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        chain = [part.strip() for part in environ.pop("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        scheme = environ.pop("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        _drop_other_forwarding_headers(environ)
        if within(peer, self._trusted):
            environ["REMOTE_ADDR"] = self._client(peer, chain)
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        elif chain:
            environ[STRANGER] = True
        return self._application(environ, start_response)

    def _client(self, peer: str, chain: list[str]) -> str:
        client = peer
        for hop in reversed(chain):
            parsed = _parsed(hop)
            if parsed is None:
                break
            client = str(parsed)
            if not within(client, self._trusted):
                break
        return client


def _drop_other_forwarding_headers(environ: dict[str, Any]) -> None:
    for name in [key for key in environ if key.startswith(("HTTP_X_FORWARDED_", "HTTP_FORWARDED"))]:
        del environ[name]


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address with or without port and brackets; IPv4 inside IPv6 becomes IPv4."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        parsed = ip_address(host)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
