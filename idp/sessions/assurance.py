"""How strongly somebody proved who they are: from proofs to `acr` and `amr` (RFC 8176, and `email` of our own).

Ordered `password < two-step < mfa < phr`. A mail code is a step but not a second factor.
"""

from dataclasses import dataclass

ORDER = ("password", "two-step", "mfa", "phr")

PASSWORD, EMAIL, SMS, TOTP, RECOVERY, PASSKEY = "password", "email", "sms", "totp", "recovery", "passkey"


@dataclass(frozen=True)
class Assurance:
    acr: str
    amr: tuple[str, ...]


def of_proofs(proofs: frozenset[str]) -> Assurance:
    """What these proofs (PASSWORD, EMAIL, SMS, TOTP, RECOVERY, PASSKEY) amount to."""
    raise NotImplementedError


def satisfies(acr: str, wanted: str) -> bool:
    """Whether `acr` is at least as strong as `wanted`; an unknown value wanted is never satisfied."""
    raise NotImplementedError
