"""Requests to addresses that others gave us: `jwks_uri`, `request_uri`, `sector_identifier_uri`, logout addresses.

- https only, and only to public addresses (OWASP SSRF): the name is resolved once, every address it has must be
  public, and the connection goes to exactly the address that was looked at, so a name cannot be re-bound in between.
- No redirects, a limit for the whole exchange, a largest size, no cookies, no proxy, certificates verified.
- A client whose file says `allow_private_addresses` may name private hosts and plain http: portals beside us.
"""

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address
from threading import Timer
from urllib.parse import SplitResult, urlencode, urlsplit

TIME_LIMIT = 5.0
LARGEST = 256 * 1024
IPV6 = 6
GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that is handed out (RFC 3587 §3)


class OutboundFailed(Exception):
    """The address may not be reached, could not be reached in time, or answered something unusable."""


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes


def fetch(url: str, *, allow_private: bool = False, accept: str = "application/json") -> bytes:
    """The body found at `url`, at most 256 kB within 5 s. Raises `OutboundFailed`, also for any status but 200."""
    answer = _exchange("GET", url, None, {"Accept": accept}, allow_private=allow_private)
    if answer.status != http.client.OK:
        raise OutboundFailed(f"{url} answered {answer.status}")
    return answer.body


def post_form(url: str, fields: dict[str, str], *, allow_private: bool = False) -> Answer:
    """Post a form and return whatever was answered. Raises `OutboundFailed` when nothing was."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return _exchange("POST", url, urlencode(fields).encode(), headers, allow_private=allow_private)


def _exchange(method: str, url: str, body: bytes | None, headers: dict[str, str], *, allow_private: bool) -> Answer:
    try:
        target = _target(url, allow_private=allow_private)
        with _limited_in_time(_connection(target, allow_private=allow_private)) as connection:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            connection.request(method, path, body, {"User-Agent": "vestibule", **headers})
            response = connection.getresponse()
            return Answer(response.status, response.headers.get_content_type(), _read(response))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutboundFailed(f"{url}: {error}") from error


def _target(url: str, *, allow_private: bool) -> SplitResult:
    target = urlsplit(url)
    schemes = {"https", "http"} if allow_private else {"https"}
    if target.scheme not in schemes or not target.hostname or target.username is not None or not url.isascii():
        raise OutboundFailed(f"{url!r} is not an address that may be reached")
    return target


def _connection(target: SplitResult, *, allow_private: bool) -> http.client.HTTPConnection:
    address = _vetted_address(target.hostname or "", target.port or 0, allow_private=allow_private)
    if target.scheme == "http":
        return _PinnedHTTP(address, target.hostname or "", target.port)
    return _PinnedHTTPS(address, target.hostname or "", target.port)


def _vetted_address(host: str, port: int, *, allow_private: bool) -> str:
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if not allow_private and not all(_is_public(address) for address in found):
        raise OutboundFailed(f"{host} has an address that is not public")
    return sorted(found, key=lambda address: ":" in address)[0]  # IPv4 first: it is what every network has


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    meant = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    if meant.version == IPV6 and meant not in GLOBAL_UNICAST:
        return False  # site-local, NAT64 and other disguises of private IPv4 addresses count as global otherwise
    return bool(meant.is_global and not meant.is_multicast)


def _read(response: http.client.HTTPResponse) -> bytes:
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise OutboundFailed("the answer is too large")
    return body


@contextmanager
def _limited_in_time(connection: http.client.HTTPConnection) -> Iterator[http.client.HTTPConnection]:
    """Cut the line when the time is over: a server that sends a byte now and then would never run into a timeout."""

    def cut() -> None:
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    watch = Timer(TIME_LIMIT, cut)
    watch.daemon = True
    watch.start()
    try:
        yield connection
    finally:
        watch.cancel()
        connection.close()


class _PinnedHTTP(http.client.HTTPConnection):
    """Speaks to one address under the name of the host."""

    def __init__(self, address: str, host: str, port: int | None) -> None:
        super().__init__(host, port, timeout=TIME_LIMIT)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _PinnedHTTPS(_PinnedHTTP):
    """The same with TLS: the certificate must be the host's."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
