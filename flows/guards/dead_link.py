"""A mailed link that replaces a password no longer: unknown, used, expired or ended (D-11, D-12)."""

from flows.engine.guard import Guard
from flows.engine.outcomes import Ending
from flows.engine.run import Run
from flows.shared.facts import Facts
from flows.steps.recovery_link import recovery_of, why_dead


class DeadLink(Guard):
    """The mailed link replaces no password (any more)."""

    name = "recovery-link-dead"

    def stops(self, run: Run) -> Ending | None:
        why = "" if run.known(Facts).written else why_dead(run)
        if not why:
            return None
        found = recovery_of(run)
        return self.page(why=why, until=found.expires_at if found is not None else None)
