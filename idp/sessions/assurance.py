"""How strongly somebody proved who they are: from proofs to `acr` and `amr` (RFC 8176, and `email` of our own).

Ordered `password < two-step < mfa < phr`. A code to the mailbox is a second step, but not a second factor.
"""

from dataclasses import dataclass

ORDER = ("password", "two-step", "mfa", "phr")

PASSWORD = "password"  # noqa: S105 (the name of a proof)
EMAIL = "email"
SMS = "sms"
TOTP = "totp"
RECOVERY = "recovery"
PASSKEY = "passkey"

REFERENCES = {
    PASSWORD: ("pwd",),
    EMAIL: ("email",),
    SMS: ("sms",),
    TOTP: ("otp",),
    RECOVERY: ("otp",),
    PASSKEY: ("swk", "user"),
}
"""`swk`, not `hwk`: without attestation a passkey may be synchronised, so nothing stronger is claimed."""

SECOND_FACTORS = frozenset({SMS, TOTP, RECOVERY})


@dataclass(frozen=True)
class Assurance:
    acr: str
    amr: tuple[str, ...]


def of_proofs(proofs: frozenset[str]) -> Assurance:
    """What these proofs (PASSWORD, EMAIL, SMS, TOTP, RECOVERY, PASSKEY) amount to. Raises `ValueError` for none.

    A passkey counts as verified by its user (PIN or biometrics): the caller accepts no other.
    """
    references = dict.fromkeys(value for proof in REFERENCES if proof in proofs for value in REFERENCES[proof])
    acr = _acr(proofs)
    multiple = ("mfa",) if acr in {"mfa", "phr"} else ()
    return Assurance(acr, (*references, *multiple))


def proofs_of(amr: tuple[str, ...]) -> frozenset[str]:
    """The proofs behind an `amr`, to add new ones to them. A recovery code comes back as TOTP: both are `otp`."""
    return frozenset(proof for proof, references in REFERENCES.items() if proof != RECOVERY and references[0] in amr)


def satisfies(acr: str, wanted: str) -> bool:
    """Whether `acr` is at least as strong as `wanted`; an unknown value wanted is never satisfied."""
    return wanted in ORDER and acr in ORDER and ORDER.index(acr) >= ORDER.index(wanted)


def _acr(proofs: frozenset[str]) -> str:
    if PASSKEY in proofs:
        return "phr"
    if PASSWORD not in proofs:
        raise ValueError("a sign-in begins with a password or a passkey")
    if proofs & SECOND_FACTORS:
        return "mfa"
    return "two-step" if EMAIL in proofs else "password"
