"""What the owner of an account is told when it was opened, or gained an access (C-22, X-15)."""

from flows.engine.run import Run
from flows.steps.registration.opening import Opening
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.people import emails, person

OPENED, ADDED = "account_opened", "access_added"


def tell(run: Run, opened: Opening, person_id: str, *, new: bool) -> None:
    """Queue the notice, in the person's own language."""
    address, owner = emails.of_person(run.tx, person_id), person.by_id(run.tx, person_id)
    if address is None or owner is None:
        return
    message = Message(
        kind="email",
        to=address.address,
        template=OPENED if new else ADDED,
        language=owner.language or run.language,
        values={
            "at": run.tx.now,
            "reference": opened.code.reference,
            "company": opened.company,
            "link": run.client.initiate_login_uri,
        },
        client_id=run.client.client_id,
        person_id=person_id,
    )
    outbox.enqueue(run.tx, message)
