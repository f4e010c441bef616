"""A job that this process works on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Generic, TypeVar

from idp.actions.actor import SYSTEM, Actor, of_audit
from idp.audit.authors import CLIENT
from idp.database import Origin, Transaction
from idp.invitations.letters import fund_letters
from idp.invitations.letters.fund_letters import FundLetters
from idp.jobs import job_files
from idp.jobs.leased_job import FAILED, JobTable, LeasedJob
from idp.provider import Provider

WORKER = Origin(actor="worker")
NO_RIGHT = "the file of the program gives it no right to this any more"
Job = TypeVar("Job", bound=LeasedJob)


class Interrupted(Exception):
    """The process is asked to stop: another one goes on."""


class NotServed(Exception):
    """No portal's file lists the fund any more."""


@dataclass
class HeldJob(Generic[Job]):
    """The job as this process last saw it. `keep` is the one way to change it."""

    provider: Provider
    table: JobTable[Job]
    job: Job
    holder: str
    stop: Event

    @property
    def author(self) -> Actor:
        """The author of what the work changes."""
        return of_audit(self.job.author) or SYSTEM

    @contextmanager
    def part(self) -> Iterator[Transaction]:
        """Give the transaction of one part of the work. Raises `Interrupted` before one begins that need not."""
        if self.stop.is_set():
            raise Interrupted
        with self.provider.database.transaction(WORKER) as tx:
            yield tx

    def keep(self, tx: Transaction, **changes: object) -> None:
        """Note how far the work is, in the transaction of the part. Raises `LeaseLost`: then nothing of it stays."""
        self.table.keep(tx, self.job.id, self.holder, changes)
        self.job = self.table.read(tx, self.job.id)

    def fail(self, fault: str) -> None:
        """End the job: it cannot be done, or its fund is not served any more. Faults of rows that were done stay."""
        kept = {job_files.FAULTS} if self.job.result else set()
        with self.part() as tx:
            self.keep(tx, state=FAILED, fault=fault, ended_at=tx.now)
            for kind in job_files.KINDS:
                if kind not in kept:
                    job_files.delete(tx, self.job.id, kind)

    def may(self, scope: str) -> bool:
        """Return whether a program's file still gives it this right and the fund; a job of the staff needs no file."""
        if not self.job.created_by.startswith(CLIENT):
            return True
        client = self.provider.registry.current().client(self.job.created_by.removeprefix(CLIENT))
        return (
            client is not None
            and client.api is not None
            and self.job.fund in client.api.funds
            and scope in client.scopes
        )

    def give_back(self, *, after: timedelta = timedelta(0), fault: str = "") -> None:
        """Let another process go on; `fault`: this one could not."""
        with self.provider.database.transaction(WORKER) as tx:
            self.table.give_back(tx, self.job.id, self.holder, after=after, fault=fault)

    def press(self) -> FundLetters:
        """Return what the letters of the fund share. Raises `NotServed`."""
        provider = self.provider
        registry, now = provider.registry.current(), provider.clock.now()
        press = fund_letters.of_fund(registry, provider.settings, provider.wording, now, self.job.fund)
        if press is None:
            raise NotServed
        return press
