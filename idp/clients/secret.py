"""Client secrets: made once, shown once, kept as digests."""

from dataclasses import dataclass, field

from idp import opaque

SHORTEST = 32
"""Characters. Digests are fast, so a secret must carry its own strength (256 random bits)."""


class TooShort(ValueError):
    """The secret could be found by trying."""


@dataclass(frozen=True)
class Secret:
    """`clear` goes to the portal's operator and nowhere else, `digest` into the client's file."""

    clear: str = field(repr=False)
    digest: str


def new() -> Secret:
    """A fresh secret of 256 random bits."""
    clear = opaque.token()
    return Secret(clear, opaque.fingerprint(clear))


def digest(clear: str) -> str:
    """What `secret_digests` holds for a secret that exists already. Raises `TooShort`."""
    if len(clear) < SHORTEST:
        raise TooShort(f"a client secret needs at least {SHORTEST} random characters")
    return opaque.fingerprint(clear)
