"""The ways in which a clerk checks who is asking, and the reason with the way beside it."""

from collections.abc import Mapping

from idp.wording import Text, text

IDENTITIES: Mapping[str, Text] = {
    "document": text("Identity document seen"),
    "called-back": text("Called back on a number from our own file"),
    "questions": text("Questions about the file answered"),
    "in-person": text("Known in person at the counter"),
}
NO_IDENTITY = text("Select how you checked who is asking.")


def with_identity(reason: str, checked: str) -> str:
    """Return the reason as the audit trail keeps it; `checked` is empty where nobody had to be identified."""
    return f"{reason} ({checked})" if checked else reason


def without_identity(reason: str) -> tuple[str, Text | None]:
    """Return the clerk's own words of a reason that the audit trail keeps, and the check that stands beside them."""
    for each in IDENTITIES.values():
        beside = with_identity("", each.msgid)
        if reason.endswith(beside):
            return reason.removesuffix(beside), each
    return reason, None


def identity_named(checked: str) -> Text | None:
    """Return the way of a stored check in the words of the page."""
    return next((each for each in IDENTITIES.values() if each.msgid == checked), None)
