"""The words for a value that took the place of another one."""

from collections.abc import Mapping

from idp.wording import Text, text


def replaced(details: Mapping[str, object]) -> Text:
    """Return the old and the new value of an event; one alone where there is no other, or both look alike masked."""
    old, new = details.get("old") or "", details.get("new") or ""
    if not new:
        return text("Until then: %(old)s", old=old)
    return text("New: %(new)s", new=new) if old in {"", new} else text("%(old)s → %(new)s", old=old, new=new)
