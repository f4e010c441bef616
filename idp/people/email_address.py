"""The rule that decides whether two e-mail addresses are the same.

Trimmed (blanks that phone keyboards add, invisible characters), syntax checked strictly, domain in IDNA, compared
without case. Nothing is asked of the network: an address is proved by a code, not by its domain.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from idp.wording import Text, text

MAX_TYPED = 320

INCOMPLETE = text("Enter a complete email address, like name@example.ch.")
WITH_COMMA = text("There is a comma in this email address. Write a dot instead.")


@dataclass(frozen=True)
class Email:
    """`address` as it is shown and written to; `key` is equal for equal mailboxes and is what is unique."""

    address: str
    key: str


@lru_cache(maxsize=64)
def normalise_email(typed: str) -> Email | Text:
    """Return the address in a typed text, or the reason why it is none. One request asks several times."""
    trimmed = _trim(typed)
    if not trimmed:
        return text("Enter your email address.")
    if len(trimmed) > MAX_TYPED:
        return INCOMPLETE
    try:
        valid = validate_email(trimmed, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        return WITH_COMMA if "," in trimmed.rpartition("@")[2] else INCOMPLETE
    return Email(f"{valid.local_part}@{valid.domain}", f"{valid.local_part}@{valid.ascii_domain}".lower())


def email_key(typed: str) -> str:
    """Return the key to look an address up by; empty, which no row has, when it is not an address."""
    email = normalise_email(typed)
    return email.key if isinstance(email, Email) else ""


def _trim(typed: str) -> str:
    """Without blanks and invisible characters (Unicode Z*, C*) at both ends."""
    if len(typed) > 2 * MAX_TYPED:
        return typed[: MAX_TYPED + 1]
    visible = [i for i, character in enumerate(typed) if unicodedata.category(character)[0] not in "ZC"]
    return typed[visible[0] : visible[-1] + 1] if visible else ""
