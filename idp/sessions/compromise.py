"""A password that somebody else may know: it is worthless at once, with all that it opened, and its owner hears."""

from urllib.parse import urlencode

from idp.credentials import passwords
from idp.database import Transaction
from idp.people import notices, phones
from idp.sessions import ending, known_browsers

NOTICE = "password_required"


def require_new_password(tx: Transaction, person_id: str, *, reason: str, issuer: str, portal: str) -> int | None:
    """Returns how many sessions ended. None: there is no password that opens anything.

    The person chooses another one by the way of a forgotten password, at `portal` (a client id).
    """
    reference = passwords.retire(tx, person_id, reason=reason)
    if not reference:
        return None
    phone = phones.of_person(tx, person_id)
    number = phone.number if phone is not None and phone.verified_at is not None else ""
    link = f"{issuer}/recovery?{urlencode({'portal': portal})}"
    notices.tell(tx, person_id, NOTICE, reference=reference, client_id=portal, numbers=(number,), link=link)
    known_browsers.forget(tx, person_id)
    return ending.end_all(tx, person_id, reason="password-retired")
