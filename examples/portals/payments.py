"""A service behind a portal that wants more than a password: it answers as RFC 9470 says, with a challenge."""

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import WWWAuthenticate

STRONG_ENOUGH = frozenset({"mfa", "phr"})
REQUIRED_ACR = "mfa"


@dataclass(frozen=True)
class Answer:
    """`status` and, for a refusal, the WWW-Authenticate header."""

    status: int
    challenge: str = ""


def bank_details(claims: dict[str, Any]) -> Answer:
    """Return the person's bank details, for those who signed in with a second factor."""
    if claims.get("acr") in STRONG_ENOUGH:
        return Answer(200)
    challenge = WWWAuthenticate("bearer", {"error": "insufficient_user_authentication", "acr_values": REQUIRED_ACR})
    return Answer(401, challenge.to_header())


def step_up_parameters(challenge: str) -> dict[str, str]:
    """Return the parameters that a challenge demands of the next authorization request; empty for another error."""
    header = WWWAuthenticate.from_header(challenge)
    if header is None or header.get("error") != "insufficient_user_authentication":
        return {}
    return {name: value for name in ("acr_values", "max_age") if (value := header.get(name))}
