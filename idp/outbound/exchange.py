"""One HTTP exchange with an address that may be anybody's, without any memory.

- The name is resolved once, every address it has must be public (OWASP SSRF), and the connection goes to exactly the
  address that was looked at, so a name cannot be re-bound in between. https only.
- No redirects, one deadline for everything, a largest size, no cookies, no proxy, certificates verified.
- A body that ends before its announced length is refused: half a key set would be one.
- `allow_private`: private hosts and plain http are allowed, for portals and gateways beside us.

The texts of faults never quote the address: its query may hold a phone number.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from idp.outbound.deadline import Deadline, TimedSocket, addresses

IPV6 = 6
GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that is handed out (RFC 3587 §3)
RESERVED = (IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))
"""Relays of 6to4 (RFC 7526) and examples (RFC 9637), which Python counts as global."""


class OutboundFailed(Exception):
    """The address may not be reached, could not be reached in time, or answered something unusable."""


@dataclass(frozen=True)
class OutboundRequest:
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class OutboundResponse:
    status: int
    body: bytes


def exchange(request: OutboundRequest, *, allow_private: bool, time_limit: float, largest: int) -> OutboundResponse:
    """Send the request and return whatever is answered. Raises `OutboundFailed` when nothing usable is."""
    deadline = Deadline(time_limit)
    try:
        target = _target(request.url, allow_private=allow_private)
        connection = _connected(target, deadline, allow_private=allow_private)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            connection.request(request.method, path, request.body, {"User-Agent": "vestibule", **request.headers})
            with connection.getresponse() as response:
                return OutboundResponse(response.status, _read(response, largest))
        finally:
            connection.close()
    except OSError as error:
        told = str(error) or type(error).__name__
        raise OutboundFailed("too slow" if told == "timed out" else told) from error
    except (http.client.HTTPException, ValueError) as error:
        raise OutboundFailed(type(error).__name__) from error


def host_of(url: str) -> str:
    """Return the host in an address, or an empty text where there is none to be found."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _target(url: str, *, allow_private: bool) -> SplitResult:
    target = urlsplit(url)
    schemes = {"https", "http"} if allow_private else {"https"}
    if target.scheme not in schemes or not target.hostname or target.username is not None or not url.isascii():
        raise OutboundFailed("not an address that may be reached")
    return target


def _connected(target: SplitResult, deadline: Deadline, *, allow_private: bool) -> http.client.HTTPConnection:
    """Return a connection to one looked-at address under the name of the host.

    With TLS the certificate must be the host's.
    """
    host = target.hostname or ""
    port = target.port or (http.client.HTTP_PORT if target.scheme == "http" else http.client.HTTPS_PORT)
    address = _vetted_address(host, port, deadline, allow_private=allow_private)
    connected = socket.create_connection((address, port), deadline.left())
    try:
        if target.scheme == "https":
            connected.settimeout(deadline.left())
            # A connection that is cut without a farewell of TLS is a fault: the body may be half of what was sent.
            connected = _trust().wrap_socket(connected, server_hostname=host, suppress_ragged_eofs=False)
    except BaseException:
        connected.close()
        raise
    speaking = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = speaking(host, target.port)
    connection.sock = TimedSocket(connected, deadline)
    return connection


@cache
def _trust() -> ssl.SSLContext:
    """Return the authorities that this machine trusts; reading them takes longer than a call."""
    return ssl.create_default_context()


def _vetted_address(host: str, port: int, deadline: Deadline, *, allow_private: bool) -> str:
    found = addresses(host, port, deadline)
    if not allow_private and not all(_is_public(address) for address in found):
        raise OutboundFailed(f"{host} has an address that is not public")
    return sorted(found, key=lambda address: ":" in address)[0]  # IPv4 first: it is what every network has


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    meant = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    if meant.version == IPV6 and meant not in GLOBAL_UNICAST:
        return False  # site-local, NAT64 and other disguises of private IPv4 addresses count as global otherwise
    if any(meant in network for network in RESERVED):
        return False
    return bool(meant.is_global and not meant.is_multicast)


def _read(response: http.client.HTTPResponse, largest: int) -> bytes:
    body = response.read(largest + 1)
    if len(body) > largest:
        raise OutboundFailed("the answer is too large")
    if response.length:
        raise OutboundFailed("the answer ended before its announced length")
    return body
