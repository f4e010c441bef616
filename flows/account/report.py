"""Which event of their account a person says they did not do."""

from collections.abc import Mapping
from typing import Self

from flows.engine.run import Run
from flows.engine.subject import Subject
from idp.audit import timeline
from idp.audit.log import AuditEvent

EVENT = "event"
LONGEST_REFERENCE = 20


class Report(Subject, frozen=True):
    """The reference of what the person did not do; empty: of anything."""

    event: str

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        reference = query.get(EVENT, "")[:LONGEST_REFERENCE]
        found = timeline.by_reference(run.tx, run.person_id, reference) if reference else None
        return cls(found.reference if found is not None else "")


def reported(run: Run) -> AuditEvent | None:
    """Return the event that the run is about; None: no particular one."""
    reference = run.about(Report).event
    return timeline.by_reference(run.tx, run.person_id, reference) if reference else None
