"""What the person concerned is told when an administrator changed something about them (B-40, B-51)."""

from typing import Any

from flows.engine.run import Run
from flows.organisation import topics
from flows.organisation.administration import name_of
from idp.organisations.membership import Membership
from idp.organisations.organisation import Organisation
from idp.people import notices
from idp.people.phone_number import mask_phone


def rights_changed(run: Run, company: Organisation, seat: Membership) -> None:
    """The new rights, all of them, by mail."""
    labels = topics.labels(run.client, seat.topics, language_of(run, seat))
    _tell_of(run, company, seat, "rights_changed", is_administrator=seat.is_administrator, topics=labels)


def access_changed(run: Run, company: Organisation, seat: Membership, *, deactivated: bool) -> None:
    """That the access for this company ended, or came back."""
    _tell_of(run, company, seat, "access_changed", deactivated=deactivated)


def phone_changed(run: Run, seat: Membership, *, old: str, new: str) -> None:
    """By mail, and by SMS to the number that was replaced."""
    _tell(run, seat, "phone_changed", numbers=(old if old != new else "",), phone=mask_phone(new))


def language_of(run: Run, seat: Membership) -> str:
    """The user's own language where it is known, else the administrator's."""
    return notices.language_of(run.tx, seat.person_id or "") or run.language


def _tell_of(run: Run, company: Organisation, seat: Membership, template: str, **values: Any) -> None:
    """With the company, and who did it."""
    _tell(run, seat, template, company=company.name, administrator=name_of(run.tx, run.person_id), **values)


def _tell(run: Run, seat: Membership, template: str, **values: Any) -> None:
    notices.tell(
        run.tx,
        seat.person_id or "",
        template,
        reference=run.look.reference,
        client_id=run.client.client_id,
        language=language_of(run, seat),
        **values,
    )
