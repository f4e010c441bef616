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


def identity_named(checked: str) -> Text | None:
    """Return the way of a stored check in the words of the page."""
    return next((each for each in IDENTITIES.values() if each.msgid == checked), None)
