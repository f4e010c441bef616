"""A mailed link that waits: the mailbox is the only proof, and its owner can stop it meanwhile (A-40)."""

from flows.engine.guard import Guard
from flows.engine.outcomes import Ending
from flows.engine.run import Run
from flows.shared.facts import Facts
from flows.steps.recovery_link import recovery_of


class LinkNotYetOpen(Guard):
    """The mailed link opens after a delay, because the mailbox is the only proof."""

    name = "recovery-delayed"

    def stops(self, run: Run) -> Ending | None:
        found = recovery_of(run)
        if run.known(Facts).written or found is None or run.tx.now >= found.opens_at:
            return None
        return self.page(opens_at=found.opens_at)
