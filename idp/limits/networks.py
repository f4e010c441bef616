"""Which addresses count as one network for limits."""

from ipaddress import IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64  # what one household or company gets


def of(address: str) -> str:
    """The IPv4 address itself, also where it is written as IPv6 (RFC 4291 §2.5.5.2); of an IPv6 address its /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, IPV6_PREFIX), strict=False))
