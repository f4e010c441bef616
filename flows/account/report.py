"""Which event of their account a person says they did not do."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self

from flows.account import activity
from flows.engine.run import Run
from flows.engine.subject import Subject
from idp import user_agents
from idp.audit import timeline
from idp.audit.log import AuditEvent
from idp.limits.networks import shortened

EVENT = "event"
LONGEST_REFERENCE = 20
EVER = datetime.min.replace(tzinfo=UTC)


class Report(Subject, frozen=True):
    """The reference of what the person did not do; empty: of anything.

    Where a mailed link named it: whose account it is, the key of the mailbox, and when the mail was written (ISO
    8601). All empty where the owner is signed in.
    """

    event: str
    owner: str = ""
    mailbox: str = ""
    since: str = ""

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        reference = query.get(EVENT, "")[:LONGEST_REFERENCE]
        found = timeline.by_reference(run.tx, run.person_id, reference) if reference else None
        return cls(found.reference if found is not None else "")


def reported(run: Run) -> AuditEvent | None:
    """Return the event that the run is about; None: no particular one."""
    about = run.about(Report)
    return timeline.by_reference(run.tx, about.owner or run.person_id, about.event) if about.event else None


def happened_at(run: Run) -> datetime:
    """Return since when the account may have been misused: since the event, the mail, or always."""
    event = reported(run)
    if event is not None:
        return event.at
    since = run.about(Report).since
    return datetime.fromisoformat(since) if since else EVER


def facts_of(event: AuditEvent | None) -> Mapping[str, object]:
    """Return the particulars of the event that the page shows."""
    if event is None:
        return {"event": ""}
    return {
        "event": event.reference,
        "what": activity.WHAT.get(event.name),
        "at": event.at,
        "device": user_agents.name_of(event.user_agent) if event.user_agent else "",
        "network": shortened(event.address),
    }
