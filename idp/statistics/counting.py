"""The table of events that count. One row an event; what is not in the table is not counted."""

from collections.abc import Callable, Iterator, Mapping

from idp.statistics.figures import Measure

Details = Mapping[str, object]


def _methods(details: Details) -> str:
    methods = details.get("methods")
    return "+".join(map(str, methods)) if isinstance(methods, list) else ""


def _named(name: str) -> Callable[[Details], str]:
    return lambda details: str(details.get(name, ""))


def _as(label: str) -> Callable[[Details], str]:
    return lambda _details: label


COUNTED: Mapping[str, tuple[Measure, Callable[[Details], str]]] = {
    "LegacyAccountMigrated": (Measure.MIGRATIONS, _as("")),
    "RegistrationCodeUsed": (Measure.ACTIVATIONS, _as("")),
    "SignedIn": (Measure.SIGN_INS, _methods),
    "SignInRefused": (Measure.FAILURES, _named("reason")),
    "SignInDelayed": (Measure.FAILURES, _as("delayed")),
    "SignInBlocked": (Measure.FAILURES, _as("blocked")),
    "CodeRefused": (Measure.FAILURES, lambda details: f"code-{details.get('reason', '')}"),
    "CodeSent": (Measure.CODES_SENT, _named("channel")),
    "CodeAccepted": (Measure.CODES_REDEEMED, _as("")),
    "RegistrationCodeIssued": (Measure.CODES_ISSUED, _named("channel")),
}
"""By the name of the event: what it counts as, and its label."""
OF_A_FUND = frozenset({"RegistrationCodeIssued", "RegistrationCodeUsed"})
"""Events of a letter or invitation, which count for its fund too."""


def measures_of(name: str, details: Details) -> Iterator[tuple[Measure, str]]:
    """Yield what an event counts as, with its label; at most once."""
    if name in COUNTED:
        measure, label = COUNTED[name]
        yield measure, label(details)[:60]
