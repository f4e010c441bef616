"""What the person concerned is told when an administrator changed something about them (B-40, B-51)."""

from collections.abc import Mapping
from typing import Any

from flows.engine.run import Run
from flows.organisation import topics
from flows.organisation.administration import name_of
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.organisations.membership import Membership
from idp.organisations.organisation import Organisation
from idp.people import emails, person
from idp.people.phone_number import mask_phone


def rights_changed(run: Run, company: Organisation, seat: Membership) -> None:
    """The new rights, all of them, by mail."""
    labels = topics.labels(run.client, seat.topics, _language(run, seat))
    _mail(run, company, seat, "rights_changed", {"is_administrator": seat.is_administrator, "topics": labels})


def access_changed(run: Run, company: Organisation, seat: Membership, *, deactivated: bool) -> None:
    """That the access for this company ended, or came back."""
    _mail(run, company, seat, "access_changed", {"deactivated": deactivated})


def phone_changed(run: Run, seat: Membership, *, old: str, new: str) -> None:
    """By mail, and by SMS to the number that was replaced."""
    values = {"at": run.tx.now, "reference": run.look.reference, "phone": mask_phone(new)}
    address = emails.of_person(run.tx, seat.person_id or "")
    told = [("email", address.address if address is not None else ""), ("sms", old if old != new else "")]
    for kind, to in told:
        if to:
            _send(run, seat, kind, to, "phone_changed", values)


def _mail(run: Run, company: Organisation, seat: Membership, template: str, values: Mapping[str, Any]) -> None:
    address = emails.of_person(run.tx, seat.person_id or "")
    if address is None:
        return
    common = {"at": run.tx.now, "reference": run.look.reference, "company": company.name}
    by = name_of(run.tx, run.person_id)
    _send(run, seat, "email", address.address, template, {**common, "administrator": by, **values})


def _send(run: Run, seat: Membership, kind: Any, to: str, template: str, values: Mapping[str, Any]) -> None:
    message = Message(
        kind=kind,
        to=to,
        template=template,
        language=_language(run, seat),
        values=values,
        client_id=run.client.client_id,
        person_id=seat.person_id or "",
    )
    outbox.enqueue(run.tx, message)


def _language(run: Run, seat: Membership) -> str:
    found = person.by_id(run.tx, seat.person_id) if seat.person_id else None
    return found.language if found is not None and found.language else run.language
