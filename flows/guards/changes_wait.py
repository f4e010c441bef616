"""A password was recovered a short while ago: the ways to sign in, the address and the number wait."""

from flows.engine.guard import Guard
from flows.engine.outcomes import Ending
from flows.engine.run import Run
from idp.credentials import cooling_down, recoveries


class ChangesWait(Guard):
    """The password was recovered less than two days ago, or what the strictest portal says: changes wait."""

    name = "changes-wait"

    def stops(self, run: Run) -> Ending | None:
        recoveries.lock(run.tx, run.person_id)  # or a recovery and a change at the same moment would both succeed
        until = cooling_down.until(run.tx, run.provider.registry.current(), run.person_id)
        return self.page(until=until) if until is not None else None
