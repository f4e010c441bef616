"""What the owner of an account is told when it was opened, or gained an access (C-22, X-15)."""

from flows.engine.run import Run
from flows.steps.registration.opening import Opening
from idp.people import notices

OPENED, ADDED = "account_opened", "access_added"


def tell(run: Run, opened: Opening, person_id: str, *, new: bool) -> None:
    """Queue the notice, in the person's own language."""
    notices.tell(
        run.tx,
        person_id,
        OPENED if new else ADDED,
        reference=opened.code.reference,
        client_id=run.client.client_id,
        language=notices.language_of(run.tx, person_id) or run.language,
        company=opened.company,
        link=run.client.home,
    )
