"""Which addresses count as one network for limits: narrow ones, and the wider ones around them.

An attacker with one address easily gets its neighbours too: limits count both (`Limiter.debit_network`).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64  # what one household or company gets
IPV6_AROUND = 48  # what one site or a rented server gets (RFC 6177)
IPV4_AROUND = 24  # the smallest block that is routed on its own


def network_of(address: str) -> str:
    """Return the /64 of an IPv6 address, or the IPv4 address, even if written as IPv6 (RFC 4291 §2.5.5.2)."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed) if parsed is not None else address


def around(address: str) -> str:
    """Return the /24 of an IPv4 address, the /48 of an IPv6 address; never the same text as `network_of`."""
    parsed = _parsed(address)
    if parsed is None:
        return f"around {address}"
    prefix = IPV6_AROUND if isinstance(parsed, IPv6Address) else IPV4_AROUND
    return str(ip_network((parsed, prefix), strict=False))


def shortened(address: str) -> str:
    """Return the beginning of an address, for its owner: `203.0.113.x`, `2001:db8:4:x`.

    Enough to tell the home from elsewhere, too little to find someone. Empty for what is no address.
    """
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return ":".join(f"{int(group, 16):x}" for group in parsed.exploded.split(":")[:3]) + ":x"
    return f"{str(parsed).rpartition('.')[0]}.x" if parsed is not None else ""


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
