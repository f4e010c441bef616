"""Addresses of this machine, and the way a database is reached."""

from ipaddress import ip_address

from sqlalchemy.engine import make_url

WITHOUT_TLS = frozenset({"", "disable", "allow", "prefer"})
"""The modes of `sslmode` (libpq) that let a connection continue in clear; none given is one."""
VERIFIED = "verify-full"
LOCAL_ENDINGS = frozenset({"localhost", "local", "internal", "test", "invalid", "arpa"})
"""Endings of names that no public DNS answers for (RFC 6761, 6762, 8375)."""


def is_local(host: str) -> bool:
    """Return whether this name or address is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(host: str) -> bool:
    """Return whether this is a name of the public DNS: no address, and no name of this machine or a local network."""
    labels = host.lower().rstrip(".").split(".")
    return len(labels) > 1 and not labels[-1].isdigit() and ":" not in host and labels[-1] not in LOCAL_ENDINGS


def is_on_this_machine(database: str) -> bool:
    """Return whether a database address leads to a file, a Unix socket or the loopback address.

    Raises `ArgumentError`.
    """
    address = make_url(database)
    named = [*_texts(address.query.get("host")), *_texts(address.query.get("hostaddr"))] or [address.host or ""]
    hosts = [host for each in named for host in each.split(",")]
    return address.get_backend_name() == "sqlite" or all(not h or h[0] in "/@" or is_local(h) for h in hosts)


def is_encrypted(database: str) -> bool:
    """Return whether a database address insists on TLS. Raises `ArgumentError`."""
    return _mode(database) not in WITHOUT_TLS


def is_verified(database: str) -> bool:
    """Return whether it insists on the server's certificate as well."""
    return _mode(database) == VERIFIED


def _mode(database: str) -> str:
    return "".join(_texts(make_url(database).query.get("sslmode")))


def _texts(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """A parameter of an address, given once, several times or never."""
    return (value,) if isinstance(value, str) else value or ()
