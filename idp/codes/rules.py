"""The numbers of every kind of code, in one table (spec: security requirements, journeys A to D).

A dict, not an Enum with rules as values: equal Enum values would merge into one member.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

DIGITS = "0123456789"
UNAMBIGUOUS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
MIXED_CASE = "23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
LINK = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

ALPHABETS = {"digits": DIGITS, "letters": UNAMBIGUOUS, "mixed-case": MIXED_CASE}
"""The names a portal's file may use (`Policy.codes.<purpose>.alphabet`)."""


class Purpose:
    """What a code is for. A code of one purpose is never taken for another."""

    SIGN_IN_MAIL = "sign_in_mail"
    SIGN_IN_SMS = "sign_in_sms"
    MAIL_PROOF = "mail_proof"
    PHONE_PROOF = "phone_proof"
    MAIL_LINK_CODE = "mail_link_code"
    RECOVERY_LINK = "recovery_link"
    RECOVERY_MAIL = "recovery_mail"
    RECOVERY_SMS = "recovery_sms"
    ADMIN_PHONE_PROOF = "admin_phone_proof"
    CONTACT_CHANGE_MAIL = "contact_change_mail"
    CONTACT_CHANGE_SMS = "contact_change_sms"


@dataclass(frozen=True)
class CodeRules:
    """Durations are seconds. `grouping` is how the code is written for people; `longest` bounds a portal's override."""

    template: str
    length: int = 6
    alphabet: str = DIGITS
    grouping: tuple[int, ...] = (3, 3)
    lifetime: int = 300
    longest: int = 600
    attempts: int = 5
    max_live: int = 3
    resend_after: Mapping[str, int] = field(default_factory=lambda: {"email": 60, "sms": 30})
    send_limits: tuple[str, ...] = ()


RULES: dict[str, CodeRules] = {}
