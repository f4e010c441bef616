"""Change the language in which a person is written to."""

from idp.actions.actor import Actor, acting, note
from idp.database import Transaction
from idp.people import accounts


def change_language(tx: Transaction, person_id: str, language: str, *, by: Actor, reason: str = "") -> bool:
    """Write to the person in this language from now on. False: it was that one already."""
    with acting(tx, by, reason=reason):
        if not accounts.change_profile(tx, person_id, {"language": language}):
            return False
        note(tx, by, "change-language", person_id=person_id, reason=reason)
        return True
