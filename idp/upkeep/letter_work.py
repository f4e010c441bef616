"""The worker's part of letter jobs: it takes one job at a time, and carries it on from state to state.

Work has a thread of its own, so that neither chores nor deliveries wait for it. Every part of it ends with one short
transaction, which also renews the lease: a worker that is killed loses the part it was at, and another does that again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Thread

import structlog

from idp import random_values
from idp.database import DatabaseUnavailable
from idp.imports.lines import UnusableFile
from idp.invitations.letters import job as jobs
from idp.invitations.letters.job import BROKE_OFF, LEASE, JobState, LeaseLost, LetterJob
from idp.provider import Provider
from idp.upkeep import letter_checking, letter_making
from idp.upkeep.held_job import HeldJob, Interrupted, NotServed

log = structlog.get_logger()

POLL = 1.0
"""Seconds between two looks for a job."""
NOT_SERVED = "no portal serves this fund any more"

STAGES: Mapping[str, Callable[[HeldJob], None]] = {
    JobState.CHECKING: letter_checking.check,
    JobState.IMPORTING: letter_making.import_register,
    JobState.DRAWING: letter_making.draw_codes,
    JobState.PRINTING: letter_making.make_files,
}
"""Each carries a job from this state to the next."""


@dataclass
class LetterWork:
    """Works on the jobs of an installation, in one process."""

    provider: Provider
    stop: Event = field(default_factory=Event)
    holder: str = field(default_factory=lambda: random_values.token(16))

    def run_once(self) -> int:
        """Carry on every job that waits, as far as it goes; answers how many."""
        worked = 0
        while not self.stop.is_set() and (job := self._take()) is not None:
            self._work(HeldJob(self.provider, job, self.holder, self.stop))
            worked += 1
        return worked

    def run_forever(self) -> None:
        """Work until `stop` is set; the job at hand is given back then."""
        while not self.stop.wait(POLL):
            try:
                self.run_once()
            except DatabaseUnavailable as error:
                log.warning("letter_work_waits", reason=str(error))

    def in_background(self) -> Thread:
        """Return a started thread that works until `stop` is set."""
        thread = Thread(target=self.run_forever, name="letter jobs", daemon=True)
        thread.start()
        return thread

    def _take(self) -> LetterJob | None:
        with self.provider.database.reading() as tx:
            if not jobs.is_waiting(tx):
                return None
        with self.provider.database.transaction() as tx:
            return jobs.take(tx, self.holder)

    def _work(self, held: HeldJob) -> None:
        try:
            while held.job.is_working:
                STAGES[held.job.state](held)
        except Interrupted:
            held.give_back()
        except UnusableFile as error:
            held.fail(str(error))
        except NotServed:
            held.fail(NOT_SERVED)
        except LeaseLost:
            log.info("letter_job_lost", job=held.job.id)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.error("letter_job_failed", job=held.job.id, reason=type(error).__name__, exc_info=error)
            held.give_back(after=LEASE, fault=BROKE_OFF)
