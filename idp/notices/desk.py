"""The notice about an act of the desk that has no notice of its own: whoever is helped hears of it."""

from idp.database import Transaction
from idp.notices.notice import tell, without_page

ENABLED, UNLOCKED, SIGNED_OUT, CONSENT_WITHDRAWN = "enable", "unlock", "end-sessions", "withdraw-consent"


def acted(tx: Transaction, person_id: str, act: str, *, reference: str) -> None:
    """Tell the person what the desk did; `act` is a key of the mail's table."""
    tell(tx, person_id, "desk_acted", without_page(tx, person_id), reference=reference, act=act)
