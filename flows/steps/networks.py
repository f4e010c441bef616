"""Which addresses count as one network for limits."""

from ipaddress import IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64  # what one household or company gets


def of(address: str) -> str:
    """The IPv4 address itself, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(ip_network((parsed, IPV6_PREFIX), strict=False))
