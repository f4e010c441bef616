"""An address that a client registered: read once, and written back byte for byte.

A general parser forgives (line breaks, `http:///`, ports beyond 65535) and rewrites (case, `{`, `:00080`), and OAuth
compares characters (RFC 9700 §2.1). What `read` accepts can stand in a header, lead to one host, and stays as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urlencode

WEB = frozenset({"http", "https"})
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST = 2048
HIGHEST_PORT = 65535

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_SHAPE = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):"
    r"(?P<authority>//(?:(?P<user>[^/?#@]*)@)?"
    rf"(?P<host>\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*\.?|)(?P<port>:[0-9]{{1,5}})?)?"
    r"(?P<path>(?(authority)(?:/[^?#]*)?|/(?!/)[^?#]*))(?P<query>\?[^#]*)?(?P<fragment>#.*)?"
)
_PRINTABLE = re.compile(r"[!-\[\]-~]+")  # ASCII without blanks and backslashes


@dataclass(frozen=True)
class Address:
    """`text` is what was registered; scheme and host are in lower case, an IPv6 host without brackets."""

    text: str
    scheme: str
    host: str
    port: int | None
    path: str
    has_user: bool
    has_fragment: bool
    without_port: str
    """The text with its port left out."""

    def __str__(self) -> str:
        return self.text

    @property
    def on_this_machine(self) -> bool:
        """Return whether it is plain http on a loopback host (RFC 8252 §7.3)."""
        return self.scheme == "http" and self.host in LOOPBACK_HOSTS

    @property
    def private_use(self) -> bool:
        """Return whether its scheme is an app's own, a domain name turned round (RFC 8252 §7.1)."""
        return "." in self.scheme

    @property
    def origin(self) -> str:
        """`https://host:port` for a header, or `app:` for a scheme of an app's own."""
        if self.scheme not in WEB:
            return f"{self.scheme}:"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port is not None else "")

    def with_parameters(self, parameters: Mapping[str, str]) -> str:
        """Return the address with these in its query; a query that it has stays in front."""
        joint = "&" if "?" in self.text else "?"
        return f"{self.text}{joint}{urlencode(parameters)}" if parameters else self.text


@lru_cache(maxsize=4096)
def read(text: str) -> Address | None:
    """Return the address that this text is; None for any other text.

    Web addresses have a host; others have a host or a path that begins with a slash. None is relative.
    """
    found = _SHAPE.fullmatch(text) if len(text) <= LONGEST and _PRINTABLE.fullmatch(text) else None
    if found is None:
        return None
    scheme, host, port = found["scheme"].lower(), (found["host"] or "").lower(), found["port"] or ""
    if not (host or (found["path"] and scheme not in WEB)) or not _is_host(host) or int(port[1:] or 0) > HIGHEST_PORT:
        return None
    return Address(
        text=text,
        scheme=scheme,
        host=host.strip("[]"),
        port=int(port[1:]) if port else None,
        path=found["path"],
        has_user=found["user"] is not None,
        has_fragment=found["fragment"] is not None,
        without_port=text[: found.start("port")] + text[found.end("port") :] if port else text,
    )


def _is_host(host: str) -> bool:
    """Return whether brackets hold an IPv6 address; names were read already."""
    if not host.startswith("["):
        return True
    try:
        IPv6Address(host[1:-1])
    except AddressValueError:
        return False
    return True
