"""A letter job that this process works on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from idp.actions.actor import SYSTEM, Actor, of_audit
from idp.database import Origin, Transaction
from idp.imports.insured_persons import InsuredPersons
from idp.imports.values import settings_of_portal
from idp.invitations.letters import fund_letters, job_files
from idp.invitations.letters import job as jobs
from idp.invitations.letters.fund_letters import FundLetters
from idp.invitations.letters.job import JobState, LetterJob
from idp.invitations.letters.letter import Design
from idp.invitations.letters.print_run import LetterOrder
from idp.provider import Provider

WORKER = Origin(actor="worker")


class Interrupted(Exception):
    """The process is asked to stop: another one goes on."""


class NotServed(Exception):
    """No portal's file lists the fund any more."""


@dataclass
class HeldJob:
    """The job as this process last saw it. `keep` is the one way to change it."""

    provider: Provider
    job: LetterJob
    holder: str
    stop: Event

    @property
    def author(self) -> Actor:
        """The member of staff who ordered the letters, or uploaded the register."""
        return of_audit(self.job.ordered_by or self.job.created_by) or SYSTEM

    @contextmanager
    def part(self) -> Iterator[Transaction]:
        """Give the transaction of one part of the work. Raises `Interrupted` before one begins that need not."""
        if self.stop.is_set():
            raise Interrupted
        with self.provider.database.transaction(WORKER) as tx:
            yield tx

    def keep(self, tx: Transaction, **changes: object) -> None:
        """Note how far the work is, in the transaction of the part. Raises `LeaseLost`: then nothing of it stays."""
        jobs.keep(tx, self.job.id, self.holder, changes)
        self.job = tx.session.get_one(LetterJob, self.job.id, populate_existing=True)

    def fail(self, fault: str) -> None:
        """End the job: its file cannot be used, or its fund is not served any more."""
        with self.part() as tx:
            self.keep(tx, state=JobState.FAILED, fault=fault, ended_at=tx.now)
            for kind in job_files.KINDS:
                job_files.delete(tx, self.job.id, kind)

    def give_back(self, *, after: timedelta = timedelta(0), fault: str = "") -> None:
        """Let another process go on; `fault`: this one could not."""
        with self.provider.database.transaction(WORKER) as tx:
            jobs.give_back(tx, self.job.id, self.holder, after=after, fault=fault)

    def press(self) -> FundLetters:
        """Return what the letters of the fund share. Raises `NotServed`."""
        provider = self.provider
        registry, now = provider.registry.current(), provider.clock.now()
        press = fund_letters.of_fund(registry, provider.settings, provider.wording, now, self.job.fund)
        if press is None:
            raise NotServed
        return press

    def order(self, press: FundLetters) -> LetterOrder:
        """Return the order of the job's letters."""
        job = self.job
        chosen: Design = "letterhead" if job.design == "letterhead" else "portal"
        return press.order(job.campaign_id, replace_live=job.replace_live, design=chosen, language=job.language)

    def importer(self, press: FundLetters) -> InsuredPersons:
        """Return what reads the register: the same as at the command line."""
        provider = self.provider
        registry = provider.registry.current()
        settings = settings_of_portal(provider.settings, registry, press.client, provider.clock)
        return InsuredPersons(settings, fund=press.fund.code, home=press.letterhead.brand.country)
