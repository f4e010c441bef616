"""The worker's part of jobs: it takes one at a time, and carries it on from state to state.

Work has a thread of its own, so that neither chores nor deliveries wait for it. Every part of it ends with one short
transaction, which also renews the lease: a worker that is killed loses the part it was at, and another does that again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Generic, TypeVar

import structlog

from idp import random_values
from idp.database import DatabaseUnavailable
from idp.imports.lines import UnusableFile
from idp.invitations.letters.job import LETTER_JOBS, JobState
from idp.jobs.leased_job import BROKE_OFF, LEASE, JobTable, LeasedJob, LeaseLost
from idp.organisations import member_job
from idp.organisations.member_job import MEMBER_JOBS
from idp.provider import Provider
from idp.upkeep import letter_checking, letter_making, member_work
from idp.upkeep.held_job import HeldJob, Interrupted, NotServed

Job = TypeVar("Job", bound=LeasedJob)
log = structlog.get_logger()

POLL = 1.0
"""Seconds between two looks for a job."""
NOT_SERVED = "no portal serves this fund any more"

Stages = Mapping[str, Callable[[HeldJob[Job]], None]]
"""Each carries a job from the state it is named by to the next."""


@dataclass(frozen=True)
class Kind(Generic[Job]):
    """The jobs of one table, and what carries them on."""

    table: JobTable[Job]
    stages: Stages[Job]

    def take(self, provider: Provider, holder: str, stop: Event) -> HeldJob[Job] | None:
        """Return the job that waited longest; None: nothing waits."""
        with provider.database.reading() as tx:
            if not self.table.is_waiting(tx):
                return None
        with provider.database.transaction() as tx:
            job = self.table.take(tx, holder)
        return HeldJob(provider, self.table, job, holder, stop) if job is not None else None

    def work(self, held: HeldJob[Job]) -> None:
        """Carry the job on as far as it goes; one that cannot be done fails."""
        try:
            if fault := self._hindrance(held):
                held.fail(fault)
        except Interrupted:
            held.give_back()
        except LeaseLost:
            log.info("job_lost", job=held.job.id)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.error("job_failed", job=held.job.id, reason=type(error).__name__, exc_info=error)
            held.give_back(after=LEASE, fault=BROKE_OFF)

    def _hindrance(self, held: HeldJob[Job]) -> str:
        """Carry the job on; return why it cannot be done, empty if it can."""
        try:
            while held.job.state in self.table.working:
                self.stages[held.job.state](held)
        except UnusableFile as error:
            return str(error)
        except NotServed:
            return NOT_SERVED
        return ""


LETTERS = Kind(
    LETTER_JOBS,
    {
        JobState.CHECKING: letter_checking.check,
        JobState.IMPORTING: letter_making.import_register,
        JobState.DRAWING: letter_making.draw_codes,
        JobState.PRINTING: letter_making.make_files,
    },
)
MEMBERS = Kind(MEMBER_JOBS, {member_job.WORKING: member_work.work})


@dataclass
class JobWork:
    """Works on the jobs of an installation, in one process."""

    provider: Provider
    stop: Event = field(default_factory=Event)
    holder: str = field(default_factory=lambda: random_values.token(16))

    def run_once(self) -> int:
        """Carry on every job that waits, as far as it goes; answers how many."""
        return self._carry_on(LETTERS) + self._carry_on(MEMBERS)

    def run_forever(self) -> None:
        """Work until `stop` is set; the job at hand is given back then."""
        while not self.stop.wait(POLL):
            try:
                self.run_once()
            except DatabaseUnavailable as error:
                log.warning("jobs_wait", reason=str(error))
            except Exception as error:  # a bug: it must not end the work on all other jobs
                log.error("job_work_failed", reason=type(error).__name__, exc_info=error)

    def in_background(self) -> Thread:
        """Return a started thread that works until `stop` is set."""
        thread = Thread(target=self.run_forever, name="jobs", daemon=True)
        thread.start()
        return thread

    def _carry_on(self, kind: Kind[Job]) -> int:
        worked = 0
        while not self.stop.is_set() and (held := kind.take(self.provider, self.holder, self.stop)) is not None:
            kind.work(held)
            worked += 1
        return worked
