"""How strongly a person proved who they are: from proofs to `acr` and `amr` (RFC 8176).

The table of methods (`idp.methods`) says what each proof is worth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from idp import methods
from idp.methods import ORDER, TABLE


class Proof(msgspec.Struct, frozen=True, omit_defaults=True):
    """A method that was used, when, and what it rests on.

    `evidence` names what was checked (the version of a password, the id of a passkey): a proof is worthless once that
    has changed. It is never a secret.
    """

    method: str
    at: datetime
    evidence: str = ""


@dataclass(frozen=True)
class Assurance:
    acr: str
    amr: tuple[str, ...]


def of_proofs(names: Iterable[str]) -> Assurance:
    """Return what these methods amount to together.

    A passkey counts as verified by its user (PIN or biometrics): the caller accepts no other. Raises `ValueError` where
    none of them can open a sign-in.
    """
    used = frozenset(names)
    if not any(methods.row(name).opens for name in used):
        raise ValueError("a sign-in begins with a password or a passkey")
    references = dict.fromkeys(value for each in _in_order(used) for value in each.amr)
    acr = methods.best(used)
    multiple = ("mfa",) if acr in {"mfa", "phr"} else ()
    return Assurance(acr, (*references, *multiple))


def methods_behind(amr: Iterable[str]) -> frozenset[str]:
    """Return the methods behind an `amr`, for sessions stored without their proofs.

    A recovery code comes back as an authenticator app: both are `otp`.
    """
    references = frozenset(amr)
    return frozenset(each.name for each in TABLE if each.name != methods.RECOVERY and each.amr[0] in references)


def satisfies(acr: str, wanted: str) -> bool:
    """Return whether `acr` is at least as strong as `wanted`; an unknown value wanted is never satisfied."""
    return wanted in ORDER and acr in ORDER and ORDER.index(acr) >= ORDER.index(wanted)


def _in_order(used: frozenset[str]) -> list[methods.MethodRow]:
    """Return the password first, then from the weakest up: the order in which a person meets them."""
    return [each for each in reversed(TABLE) if each.name in used]
