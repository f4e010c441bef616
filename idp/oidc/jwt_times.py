"""The times of a JWT that a client made: `exp`, `nbf` and `iat` (RFC 7519 §4.1), checked in one place.

Client assertions, request objects and DPoP proofs differ only in the limits they pass here.
"""

from collections.abc import Collection, Mapping
from typing import TypeGuard

NAMES = ("exp", "nbf", "iat")
LARGEST = 2**40  # seconds, far beyond any date: larger numbers are no times


def time_fault(
    claims: Mapping[str, object],
    now: float,
    *,
    skew: float,
    required: Collection[str] = (),
    longest_life: float | None = None,
    oldest: float | None = None,
) -> str:
    """Return the fault in the times of these claims, or an empty text. All durations are seconds.

    Clocks may differ by `skew`. `exp` may be at most `longest_life` ahead, `iat` at most `oldest` ago.
    """
    absent = [name for name in NAMES if name in required and name not in claims]
    if absent:
        return f"{absent[0]} is missing"
    times = times_of(claims)
    if any(name in claims and name not in times for name in NAMES):
        return "a time is not a number"
    if times.get("exp", now) <= now - skew:
        return "it has expired"
    if max(times.get("nbf", now), times.get("iat", now)) > now + skew:
        return "it is not valid yet"
    if longest_life is not None and times.get("exp", now) > now + longest_life + skew:
        return "it lives too long"
    if oldest is not None and times.get("iat", now) < now - oldest - skew:
        return "it is too old"
    return ""


def times_of(claims: Mapping[str, object]) -> dict[str, int | float]:
    """Return the times among these claims, by name; a value that is no time is left out."""
    return {name: value for name, value in claims.items() if name in NAMES and _is_time(value)}


def _is_time(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
