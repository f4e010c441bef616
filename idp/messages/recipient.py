"""Addresses and numbers: refusing what a channel cannot take, and showing as little of them as needed."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

E164 = re.compile(r"\+[1-9]\d{6,14}")
MAILBOX = re.compile(r"[^@\s<>,;:\"\x00-\x1f\x7f]+@[^@\s<>,;:\"\x00-\x1f\x7f]+")


def is_deliverable(kind: str, address: str) -> bool:
    """Return whether `kind` (`email`, `sms`) can deliver to `address`; one that could start a header is refused."""
    return (MAILBOX if kind == "email" else E164).fullmatch(address) is not None


def masked(address: str) -> str:
    """Return as much of an address or number as only its owner recognises."""
    return mask_phone(address) if address.startswith("+") else mask_email(address)


def mask_email(address: str) -> str:
    """`f•••@bluewin.ch`. Empty stays empty."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}" if at else ""


def mask_phone(e164: str) -> str:
    """`+41 79 ••• •• 67`. Empty stays empty."""
    first, *groups = show_phone(e164).split(" ")
    kept = [groups.pop(0)] if len(groups) > 1 else []
    rest = " ".join(groups)
    hidden = "".join("•" if c.isdigit() else c for c in rest[:-2]) + rest[-2:]
    return " ".join(filter(None, [first, *kept, hidden]))


def show_phone(e164: str) -> str:
    """`+41 79 123 45 67`. A number of no country is shown as two groups, so that its mask hides it too."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL) if e164 else ""
    except NumberParseException:
        return f"{e164[:4]} {e164[4:]}"
