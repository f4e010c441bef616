"""Addresses and numbers: refusing what a channel cannot take, and showing as little of them as needed."""

import re

E164 = re.compile(r"\+[1-9]\d{6,14}")
MAILBOX = re.compile(r"[^@\s<>,;:\"\x00-\x1f\x7f]+@[^@\s<>,;:\"\x00-\x1f\x7f]+")
COUNTRY_CODES = re.compile(r"\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})")


def fits(kind: str, address: str) -> bool:
    """Whether `address` is one that `kind` (`email`, `sms`) can deliver to; nothing that could start a header."""
    return (MAILBOX if kind == "email" else E164).fullmatch(address) is not None


def masked(address: str) -> str:
    """`f•••@bluewin.ch`, or `+41 •• ••• •• 67`: enough to be recognised by its owner only."""
    if address.startswith("+"):
        country = COUNTRY_CODES.match(address)
        return f"{country.group() if country else '+'} •• ••• •• {address[-2:]}"
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
