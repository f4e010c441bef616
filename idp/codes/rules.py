"""The numbers of every kind of code, in one table.

A dict, not an Enum with rules as values: equal Enum values would merge into one member.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from idp.clients.client import Client
from idp.clients.conversion import FileFault

MINUTE = 60
HOUR = 60 * MINUTE

ALPHABETS = {
    "digits": "0123456789",
    "letters": "23456789ABCDEFGHJKMNPQRSTUVWXYZ",
    "mixed-case": "23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz",
    "letters-only": "ABCDEFGHJKMNPQRSTUVWXYZ",
}
"""No look-alikes (0 O, 1 I l) in what people type. A portal's file may choose the first three by name."""


class Purpose:
    """The purpose of a code. A code issued for one purpose is never accepted for another."""

    SIGN_IN_MAIL = "sign_in_mail"
    SIGN_IN_SMS = "sign_in_sms"
    MAIL_PROOF = "mail_proof"
    PHONE_PROOF = "phone_proof"
    MAIL_LINK_CODE = "mail_link_code"
    RECOVERY_SMS = "recovery_sms"
    ADMIN_PHONE_PROOF = "admin_phone_proof"
    CONTACT_CHANGE_MAIL = "contact_change_mail"
    CONTACT_CHANGE_SMS = "contact_change_sms"
    MISUSE_MAIL = "misuse_mail"
    STAFF_INVITATION = "staff_invitation"


@dataclass(frozen=True, kw_only=True)
class CodeRules:
    """Durations are seconds. `longest` bounds what a portal may make of `lifetime`; `template` is the message."""

    template: str
    send_limits: tuple[str, ...]
    resend_after: int
    lifetime: int = 5 * MINUTE
    longest: int = 10 * MINUTE
    length: int = 6
    alphabet: str = "digits"
    attempts: int = 5
    max_live: int = 3

    def of_portal(self, client: Client | None, purpose: str) -> "CodeRules":
        """These rules with what the portal's file changes (`[policy.codes.<purpose>]`)."""
        override = client.policy.codes.get(purpose) if client is not None else None
        if override is None:
            return self
        return replace(
            self,
            lifetime=min(override.lifetime or self.lifetime, self.longest),
            length=override.length or self.length,
            alphabet=override.alphabet or self.alphabet,
        )

    @property
    def minutes(self) -> int:
        """`lifetime`, as texts say it."""
        return self.lifetime // MINUTE

    @property
    def bits(self) -> float:
        """How much there is to guess."""
        return self.length * math.log2(len(ALPHABETS[self.alphabet]))


LEAST_BITS = 19.9  # six digits: NIST SP 800-63B-4 §3.1.3.2, ASVS 6.5.4


def faults(client: Client) -> Iterator[FileFault]:
    """Yield the faults in a portal's overrides of the code rules."""
    for purpose, override in client.policy.codes.items():
        path = f"policy.codes.{purpose}"
        if purpose not in RULES:
            yield FileFault(path, f"one of {', '.join(RULES)} is expected")
            continue
        rules = RULES[purpose].of_portal(client, purpose)
        if rules.bits < LEAST_BITS:
            found = f"{rules.length} of {rules.alphabet} have {rules.bits:.1f} bits"
            yield FileFault(path, f"{found}; {LEAST_BITS} are needed, as many as six digits have")
        if (override.lifetime or 0) > rules.longest:
            yield FileFault(f"{path}.lifetime", f"at most {rules.longest} seconds are expected")


def grouped(code: str) -> str:
    """Return the code as it is written for people:

    `482 913`, `7KQ4 M2XT 9HWD`; without a common divisor, in one piece.
    """
    size = next((size for size in (4, 3) if len(code) % size == 0), len(code))
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


SIGN_IN_SENDS = ("codes_sign_in_hour", "codes_sign_in_day")
PROOF_SENDS = ("codes_proof_hour", "codes_proof_day")
# Twice what strangers can ask for (`recovery_requests`): who has the mailed link can always get a code.
RECOVERY_SENDS = ("codes_recovery_day",)
# A bucket of its own: codes for other purposes, requested by others, do not keep an owner from protecting an account.
MISUSE_SENDS = ("codes_misuse_day",)
ADMIN_PROOF_SENDS = ("codes_admin_proof_day",)

RULES: Mapping[str, CodeRules] = {
    Purpose.SIGN_IN_MAIL: CodeRules(template="sign_in_code", send_limits=SIGN_IN_SENDS, resend_after=60),
    Purpose.SIGN_IN_SMS: CodeRules(template="sign_in_code", send_limits=SIGN_IN_SENDS, resend_after=30),
    # the guide of e-services promises 5 minutes.
    Purpose.MAIL_PROOF: CodeRules(template="address_proof", send_limits=PROOF_SENDS, resend_after=60),
    Purpose.PHONE_PROOF: CodeRules(
        template="phone_proof", send_limits=PROOF_SENDS, resend_after=30, lifetime=10 * MINUTE
    ),
    # B-04, C-05: the mail is opened later and elsewhere; it proves an address, it signs nobody in.
    Purpose.MAIL_LINK_CODE: CodeRules(
        template="address_link",
        send_limits=PROOF_SENDS,
        resend_after=60,
        lifetime=24 * HOUR,
        longest=24 * HOUR,
        length=12,
        alphabet="letters",
    ),
    # D-08, D-14: espace-personnel makes it 5 mixed-case symbols.
    Purpose.RECOVERY_SMS: CodeRules(
        template="recovery_code", send_limits=RECOVERY_SENDS, resend_after=30, lifetime=10 * MINUTE
    ),
    # B-49: spoken to the administrator, so in a shape no sign-in page would take.
    Purpose.ADMIN_PHONE_PROOF: CodeRules(
        template="admin_phone_proof",
        send_limits=ADMIN_PROOF_SENDS,
        resend_after=30,
        lifetime=10 * MINUTE,
        length=8,
        alphabet="letters-only",
    ),
    Purpose.MISUSE_MAIL: CodeRules(
        template="address_proof", send_limits=MISUSE_SENDS, resend_after=60, lifetime=10 * MINUTE
    ),
    # Who works at the desk proves their mailbox once, and makes a passkey at once.
    Purpose.STAFF_INVITATION: CodeRules(
        template="staff_invitation",
        send_limits=PROOF_SENDS,
        resend_after=60,
        lifetime=24 * HOUR,
        longest=24 * HOUR,
        length=12,
        alphabet="letters",
        max_live=1,
    ),
    Purpose.CONTACT_CHANGE_MAIL: CodeRules(template="address_proof", send_limits=PROOF_SENDS, resend_after=60),
    Purpose.CONTACT_CHANGE_SMS: CodeRules(
        template="phone_proof", send_limits=PROOF_SENDS, resend_after=30, lifetime=10 * MINUTE
    ),
}
