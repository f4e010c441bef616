"""The addresses that a client may register (RFC 9700 §2.1, RFC 8252 §7, OIDC Registration §2)."""

from collections.abc import Iterator

from idp.clients import address
from idp.clients.client import Client
from idp.clients.conversion import FileFault

SINGLE = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri", "jwks_uri",
          "sector_identifier_uri", "backchannel_logout_uri", "frontchannel_logout_uri")  # fmt: skip
SEVERAL = ("post_logout_redirect_uris", "request_uris")
APPS = ("redirect_uris", "post_logout_redirect_uris")
"""The places for a native client's own addresses: this machine, and a scheme of its own."""
LOOPBACK_ENVIRONMENTS = frozenset({"development", "testing"})
"""The environments in which web clients may use http on this machine.

A conformance run wants them refused everywhere.
"""
MAY_HAVE_FRAGMENT = frozenset({"request_uris"})


def address_faults(client: Client, *, loopback: bool) -> Iterator[FileFault]:
    """Find the faults of all addresses of the client. `loopback`: plain http on this machine is accepted."""
    native = client.application_type == "native"
    for path, uri in _listed(client):
        name = path.partition("[")[0]
        own = native and name in APPS
        message = _fault(uri, loopback=loopback or own, own_scheme=own, fragment=name in MAY_HAVE_FRAGMENT)
        if message:
            yield FileFault(path, message)
    yield from _front_channel_faults(client)
    yield from _sector_faults(client)


def address_warnings(client: Client) -> Iterator[FileFault]:
    """Find accepted addresses that cannot be meant."""
    for path, uri in _listed(client):
        if "*" in uri:
            yield FileFault(path, "addresses are compared character by character: `*` stands for itself only")


def _listed(client: Client) -> Iterator[tuple[str, str]]:
    for name in ("redirect_uris", *SEVERAL):
        for index, uri in enumerate(getattr(client, name)):
            yield f"{name}[{index}]", uri
    for name in SINGLE:
        if uri := getattr(client, name):
            yield name, uri
    if client.events is not None and client.events.endpoint:
        yield "events.endpoint", client.events.endpoint
    if client.webhook is not None:
        yield "webhook.url", client.webhook.url


def _fault(uri: str, *, loopback: bool, own_scheme: bool, fragment: bool) -> str:
    found = address.read(uri)
    if found is None:
        return f"{uri!r} is not an absolute address that leads to a host" + (" or into an app" if own_scheme else "")
    if found.has_user:
        return "an address has no user name"
    if found.has_fragment and not fragment:
        return "an address cannot have a fragment here"
    if found.scheme == "https" or (loopback and found.on_this_machine) or (own_scheme and found.private_use):
        return ""
    app = ", or a scheme with a dot that belongs to the app (RFC 8252 §7.1)" if own_scheme else ""
    return "an https address is expected" + (" (or http on a loopback host)" if loopback else "") + app


def _front_channel_faults(client: Client) -> Iterator[FileFault]:
    """Front-Channel Logout §2: scheme, host and port are those of a redirect address."""
    logout = client.frontchannel_logout_uri
    if logout and _origin(logout) not in {_origin(uri) for uri in client.redirect_uris}:
        yield FileFault("frontchannel_logout_uri", "scheme, host and port of one of the redirect_uris are expected")


def _sector_faults(client: Client) -> Iterator[FileFault]:
    """OIDC Core §8.1: hosts that differ need a sector_identifier_uri."""
    hosts = {found.host for uri in client.redirect_uris if (found := address.read(uri))}
    if client.subject_type == "pairwise" and len(hosts) > 1 and not client.sector_identifier_uri:
        yield FileFault("sector_identifier_uri", "pairwise subjects with redirect_uris on several hosts need it")


def _origin(uri: str) -> str:
    found = address.read(uri)
    return found.origin if found is not None else ""
