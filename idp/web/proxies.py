"""The real client of a request behind reverse proxies.

- `X-Forwarded-For` and `X-Forwarded-Proto` are believed only when the peer is in `server.trusted_proxies` (CIDR).
- The client is the last address of the chain that is not itself a trusted proxy: a stranger's entries further left
  are never reached.
- Headers of forwarding are removed, so that no code below can believe them by mistake.
- A request through a proxy that does not say for whom is marked `STRANGER`: the peer is not trusted and sent any header
  that proxies send, or it is trusted and forgot `X-Forwarded-For`. Its address is a proxy's, often one of this machine,
  so that nothing may be open to it for the address alone.
- Host headers decide nothing anywhere: links are built from `server.issuer`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

STRANGER = "idp.forwarded_by_stranger"

MARKS = re.compile(
    r"HTTP_(X_FORWARDED|FORWARDED|VIA$|X_REAL_IP$|X_CLIENT_IP$|X_CLUSTER_CLIENT_IP$|X_ORIGINAL_|X_PROXYUSER_IP$|"
    r"TRUE_CLIENT_IP$|CF_|CDN_LOOP$|FASTLY_|X_AZURE_|X_ENVOY_|X_AMZN_TRACE_ID$|MAX_FORWARDS$|PROXY_CONNECTION$)"
)
"""Headers that proxies, load balancers and caching networks add; browsers and monitors send none of them."""

Network = IPv4Network | IPv6Network


def networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks written as CIDR or as single addresses. Raises ValueError naming the wrong one."""
    return tuple(ip_network(cidr, strict=False) for cidr in cidrs)


@lru_cache(maxsize=1024)  # asked for every request, and most come through the same few proxies
def within(address: str, trusted: tuple[Network, ...]) -> bool:
    """Return whether an address, as the server or a proxy wrote it, lies in one of the networks."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


class TrustedProxies:
    """WSGI layer that puts the client's address and scheme where the rest of the application looks for them."""

    def __init__(self, application: WSGIApplication, trusted: tuple[Network, ...]) -> None:
        self._application = application
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        chain = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        forwarded = _drop_marks(environ)
        client = ""
        if within(peer, self._trusted):
            client = self._client(chain)
            environ["REMOTE_ADDR"] = client or peer
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        if forwarded and not client:
            environ[STRANGER] = True
        return self._application(environ, start_response)

    def _client(self, chain: list[str]) -> str:
        """Return the last address of the chain that is no trusted proxy, or an empty text if nobody wrote one."""
        client = ""
        for hop in reversed(chain):
            parsed = _parsed(hop)
            if parsed is None:
                break
            client = str(parsed)
            if not within(client, self._trusted):
                break
        return client


def _drop_marks(environ: WSGIEnvironment) -> bool:
    """Remove every header that marks a proxy; return whether there was one."""
    found = [key for key in environ if _is_mark(key)]
    for name in found:
        del environ[name]
    return bool(found)


@lru_cache(maxsize=1024)  # two dozen names come with every request, mostly the same ones
def _is_mark(name: str) -> bool:
    return MARKS.match(name) is not None


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address with or without port and brackets; IPv4 inside IPv6 becomes IPv4."""
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
