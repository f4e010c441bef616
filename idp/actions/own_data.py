"""Note that a person takes a copy of their data, or staff make one, and tell the person: a thief would want it too."""

from idp.actions.actor import Actor, acting, note
from idp.audit.events.people import DataDownloaded
from idp.audit.log import record
from idp.database import Transaction
from idp.notices.notice import Occasion, tell


def note_download(tx: Transaction, person_id: str, at: Occasion, *, by: Actor, reason: str = "") -> None:
    """Record it and mail the person, before the file is made."""
    with acting(tx, by, reason=reason):
        reference = record(tx, DataDownloaded(person_id=person_id))
        note(tx, by, "export", person_id=person_id, reason=reason)
        tell(tx, person_id, "data_downloaded", at, reference=reference)
