"""A person's ways to sign in as the desk sees them: names and dates, never a secret."""

from datetime import datetime

from idp.actions.remove_method import RECOVERY_CODES
from idp.credentials import authenticator_apps, passkeys, recovery_codes
from idp.database import Transaction


def rows(tx: Transaction, person_id: str) -> list[tuple[str, str]]:
    """Return a line for each passkey and app, and one for the list of recovery codes; ids are for `remove-method`."""
    kinds = (
        ("passkey", passkeys.listed(tx, person_id)),
        ("authenticator app", authenticator_apps.listed(tx, person_id)),
    )
    lines = [
        (kind, f"{each.name}, added {_day(each.added_at)}, last used {_day(each.last_used_at)}, id {each.id}")
        for kind, listed in kinds
        for each in listed
    ]
    codes = recovery_codes.listed(tx, person_id)
    if codes is not None:
        dates = f"made {_day(codes.added_at)}, last used {_day(codes.last_used_at)}"
        lines.append(("recovery codes", f"{codes.left} left, {dates}, id {RECOVERY_CODES}"))
    return lines


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment is not None else "never"
