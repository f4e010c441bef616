"""Runs chores, each at its own pace.

A chore is safe to run on any number of nodes at once: it looks what is due, and does it in short transactions. A node
whose clock is off does none: it would delete, disable and end by the wrong time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread

import sqlalchemy as sa
import structlog

from idp.database import DatabaseUnavailable, Origin
from idp.provider import Provider

log = structlog.get_logger()

SECOND = timedelta(seconds=1)
WORKER = Origin(actor="worker")
"""Where the changes of chores come from, for the audit trail."""


BATCH = 100


@dataclass(frozen=True)
class Chore:
    """Something to do at most once per `every`; `run` answers how much it did."""

    name: str
    every: timedelta
    run: Callable[[Provider], int]


class Upkeep:
    """Runs the chores of one process, each at its own pace."""

    def __init__(self, provider: Provider, chores: Sequence[Chore]) -> None:
        self._provider = provider
        self._chores = chores
        self._due: dict[str, float] = {}

    def run_once(self) -> dict[str, int]:
        """Do what is due now. A chore that fails is logged and tried again at its next turn."""
        now = self._provider.clock.monotonic()
        due = [chore for chore in self._chores if self._due.get(chore.name, now) <= now]
        for chore in due:
            self._due[chore.name] = now + chore.every.total_seconds()
        return {chore.name: self._run(chore) for chore in due} if due and self._may_work() else {}

    def run_forever(self, stop: Event) -> None:
        """Do chores until `stop` is set."""
        while not stop.wait(SECOND.total_seconds()):
            self.run_once()

    def in_background(self, stop: Event) -> Thread:
        """Return a started thread that does chores until `stop` is set."""
        thread = Thread(target=self.run_forever, args=(stop,), name="upkeep", daemon=True)
        thread.start()
        return thread

    def _may_work(self) -> bool:
        try:
            with self._provider.database.reading() as tx:
                fault = tx.shared.fault
        except DatabaseUnavailable:
            return True  # each chore says so in its own line
        if fault:
            log.error("chores_left", reason=fault)
        return not fault

    def _run(self, chore: Chore) -> int:
        try:
            done = chore.run(self._provider)
        except Exception as error:
            log.error("chore_failed", kind=chore.name, reason=type(error).__name__, exc_info=error)
            return 0
        if done:
            log.info("chore_done", kind=chore.name, count=done)
        return done


def act_on_some(
    provider: Provider,
    act: Callable[[Provider, Mapping[str, object]], int],
    statement: sa.Executable,
    due: Mapping[str, object],
) -> int:
    """Act on up to `BATCH` of the people found, each as `person` beside `due`; the others wait for the next turn."""
    with provider.database.reading() as tx:
        found = tx.execute(statement, due).scalars().all()
    done = 0
    for person_id in found:
        done += act(provider, {**due, "person": person_id})
        if done == BATCH:
            break
    return done
