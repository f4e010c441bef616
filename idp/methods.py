"""The methods of signing in: the one table that policy, assurance, discovery and the journeys read.

A method has its screen in `flows/methods/<name>.py` and `templates/methods/<name>.html`; its row here holds its
strength.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ORDER = ("password", "two-step", "mfa", "phr")
"""The values of `acr`, weakest first. A code to the mailbox is a second step, but not a second factor."""


@dataclass(frozen=True)
class MethodRow:
    """`amr` has the references of RFC 8176 (`email` is our own); `reaches` is the `acr` of a sign-in that uses it.

    A sign-in begins with a method that `opens`; one that `proves` is asked of a person who is known already. Only a
    method that is `served` has a screen; policies may name the others, but nothing is promised on their account. A
    `spare` one is used up, so it is offered but never proposed while another serves.
    """

    name: str
    amr: tuple[str, ...]
    reaches: str
    opens: bool = False
    proves: bool = True
    served: bool = True
    spare: bool = False

    @property
    def is_factor(self) -> bool:
        """Return whether it is a second factor beside a password (NIST SP 800-63B-4 §3.1.3.1 excludes mail codes)."""
        return ORDER.index(self.reaches) >= ORDER.index("mfa")


PASSWORD, EMAIL, SMS, TOTP, RECOVERY, PASSKEY = "password", "email", "sms", "totp", "recovery", "passkey"

TABLE = (
    MethodRow(PASSKEY, ("swk", "user"), "phr", opens=True),
    MethodRow(TOTP, ("otp",), "mfa"),
    MethodRow(SMS, ("sms",), "mfa"),
    MethodRow(RECOVERY, ("otp",), "mfa", spare=True),
    MethodRow(EMAIL, ("email",), "two-step"),
    MethodRow(PASSWORD, ("pwd",), "password", opens=True, proves=False),
)
"""Strongest first. `swk`, not `hwk`: without attestation a passkey may be synchronised, so no more is claimed."""


def row(name: str) -> MethodRow:
    """Return the row of a method. Raises `KeyError` for an unknown name."""
    return {each.name: each for each in TABLE}[name]


def second_steps() -> tuple[str, ...]:
    """Return the names that a policy may list, strongest first."""
    return tuple(each.name for each in TABLE if each.proves)


def served() -> frozenset[str]:
    """Return the methods of the second step that have a screen."""
    return frozenset(each.name for each in TABLE if each.proves and each.served)


def factors() -> frozenset[str]:
    """Return the methods that are a second factor."""
    return frozenset(each.name for each in TABLE if each.proves and each.is_factor)


def best(names: Iterable[str]) -> str:
    """Return the strongest `acr` that one of these methods reaches, the weakest of all where there is none."""
    return max((row(name).reaches for name in names), key=ORDER.index, default=ORDER[0])
