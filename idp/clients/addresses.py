"""Which addresses a client may register (RFC 9700 §2.1, RFC 8252 §7, OIDC Registration §2)."""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from idp.clients.client import LOOPBACK_HOSTS, Client
from idp.clients.conversion import Fault

SINGLE = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri", "jwks_uri",
          "sector_identifier_uri", "backchannel_logout_uri", "frontchannel_logout_uri")  # fmt: skip
SEVERAL = ("post_logout_redirect_uris", "request_uris")
LOOPBACK_ENVIRONMENTS = frozenset({"development", "testing"})
"""Where web clients may live on this machine over http. A conformance run wants them refused, wherever it runs."""
MAY_HAVE_FRAGMENT = frozenset({"request_uris"})


def address_faults(client: Client, *, loopback: bool) -> Iterator[Fault]:
    """What is wrong with any address of the client. `loopback`: plain http on this machine is accepted."""
    native = client.application_type == "native"
    for path, uri in _redirects(client):
        if message := _redirect_fault(uri, native=native, loopback=loopback or native):
            yield Fault(path, message)
    for path, uri in _others(client):
        if message := _fault(uri, loopback=loopback, fragment=path.partition("[")[0] in MAY_HAVE_FRAGMENT):
            yield Fault(path, message)
    yield from _front_channel_faults(client)
    yield from _sector_faults(client)


def _redirects(client: Client) -> Iterator[tuple[str, str]]:
    for index, uri in enumerate(client.redirect_uris):
        yield f"redirect_uris[{index}]", uri


def _others(client: Client) -> Iterator[tuple[str, str]]:
    for name in SINGLE:
        if uri := getattr(client, name):
            yield name, uri
    for name in SEVERAL:
        for index, uri in enumerate(getattr(client, name)):
            yield f"{name}[{index}]", uri


def _redirect_fault(uri: str, *, native: bool, loopback: bool) -> str:
    scheme = uri.partition(":")[0]
    if native and "." in scheme and _printable(uri):  # a private-use scheme, RFC 8252 §7.1
        return "an address cannot have a fragment here" if "#" in uri else ""
    return _fault(uri, loopback=loopback)


def _fault(uri: str, *, loopback: bool, fragment: bool = False) -> str:
    parts = split(uri)
    if parts is None or not parts.hostname or not _printable(uri):
        return f"{uri!r} is not an absolute address"
    if parts.username is not None or "*" in parts.netloc:
        return "an address has neither a user name nor a wildcard"
    if "#" in uri and not fragment:
        return "an address cannot have a fragment here"
    if parts.scheme == "https" or (loopback and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS):
        return ""
    return "an https address is expected" + (" (or http on a loopback host)" if loopback else "")


def split(uri: str) -> SplitResult | None:
    """The parts of an address; None where it cannot be read at all."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _printable(uri: str) -> bool:
    return uri.isascii() and uri.isprintable() and " " not in uri and "\\" not in uri


def _front_channel_faults(client: Client) -> Iterator[Fault]:
    """Front-Channel Logout §2: scheme, host and port are those of a redirect address."""
    logout = client.frontchannel_logout_uri
    if logout and _origin(logout) not in {_origin(uri) for uri in client.redirect_uris}:
        yield Fault("frontchannel_logout_uri", "scheme, host and port of one of the redirect_uris are expected")


def _sector_faults(client: Client) -> Iterator[Fault]:
    """OIDC Core §8.1: hosts that differ need a sector_identifier_uri."""
    hosts = {parts.hostname for uri in client.redirect_uris if (parts := split(uri))}
    if client.subject_type == "pairwise" and len(hosts) > 1 and not client.sector_identifier_uri:
        yield Fault("sector_identifier_uri", "pairwise subjects with redirect_uris on several hosts need it")


def _origin(uri: str) -> tuple[str, str]:
    parts = split(uri)
    return (parts.scheme, parts.netloc) if parts else ("", "")
