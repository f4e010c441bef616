"""The address that somebody probably meant, where its domain resembles a usual one."""

from difflib import get_close_matches

FREQUENT = (
    "bluewin.ch", "gmail.com", "gmx.ch", "gmx.net", "hispeed.ch", "hotmail.ch", "hotmail.com", "hotmail.fr",
    "icloud.com", "laposte.net", "libero.it", "orange.fr", "outlook.com", "outlook.fr", "protonmail.com", "sfr.fr",
    "sunrise.ch", "vtxmail.ch", "wanadoo.fr", "yahoo.com", "yahoo.fr",
)  # fmt: skip
ALIKE = 0.87  # one wrong, missing or swapped letter in a usual domain; not gmx.ch for gmx.net


def likely_meant(address: str) -> str:
    """Return the address with the usual domain that its own resembles; empty if it looks right."""
    local, _, domain = address.rpartition("@")
    close = get_close_matches(domain.lower(), FREQUENT, n=1, cutoff=ALIKE)
    return f"{local}@{close[0]}" if close and close[0] != domain.lower() else ""
