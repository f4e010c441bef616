"""A person's timeline, for the desk and for themselves. It is built from the audit trail, which holds no secret."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from idp.audit.events.desk import PersonLookedUp
from idp.audit.log import AuditEvent, record
from idp.database import Transaction

TOLD = ("reason", "act", "method", "channel", "purpose", "old", "new", "portal", "kind", "step", "flow", "identity")

A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the timeline. `reference` is what the person finds in the notice they received."""

    at: datetime
    words: str
    reference: str
    actor: str

    def as_dict(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


def of_person(tx: Transaction, person_id: str, *, limit: int) -> list[TimelineEntry]:
    """Return the newest events about the person first."""
    found = sa.select(AuditEvent).where(AuditEvent.person_id == person_id).order_by(AuditEvent.id.desc()).limit(limit)
    return [TimelineEntry(e.at, in_words(e), e.reference, e.actor) for e in tx.session.scalars(found)]


def recent(
    tx: Transaction, person_id: str, *, names: Collection[str], before: str = "", limit: int
) -> Sequence[AuditEvent]:
    """Return the newest events of these names within a year, older than the event with id `before`."""
    theirs = sa.select(AuditEvent).where(
        AuditEvent.person_id == person_id, AuditEvent.at > tx.now - A_YEAR, AuditEvent.name.in_(names)
    )
    older = theirs.where(AuditEvent.id < before) if before else theirs
    return tx.session.scalars(older.order_by(AuditEvent.id.desc()).limit(limit)).all()


def by_reference(tx: Transaction, person_id: str, reference: str) -> AuditEvent | None:
    """Return the person's event with this reference; nobody else's."""
    theirs = sa.select(AuditEvent).where(AuditEvent.reference == reference, AuditEvent.person_id == person_id)
    return tx.session.scalar(theirs.order_by(AuditEvent.id.desc()).limit(1))


def looked_up(tx: Transaction, person_id: str, *, revealed: bool) -> None:
    """Record that someone of the desk looked at this person."""
    record(tx, PersonLookedUp(person_id=person_id, revealed=revealed))


def in_words(event: AuditEvent) -> str:
    """`CodeSent` at a portal becomes « code sent (channel email, purpose sign_in_mail) at e-services »."""
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", event.name).lower()
    told = ", ".join(f"{key} {value}" for key, value in told_of(event.details).items())
    place = f" at {event.client_id}" if event.client_id else ""
    return f"{name}{f' ({told})' if told else ''}{place}"


def told_of(details: Mapping[str, object]) -> dict[str, str]:
    """Return the details of an event that may be told outside of the audit trail."""
    return {key: str(details[key]) for key in TOLD if details.get(key) not in (None, "", [])}
