"""A job that the worker carries on from state to state, in parts that are each one short transaction.

One process works on a job at a time. It takes the row for a while (`take`), and every transaction of its work asks
whether it still has it (`keep`): a process that is killed is followed by another, and nothing is done twice.
Lease and takeover go by the database's clock (rulings 37).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction, UTCDateTime
from idp.jobs.job_files import FAULTS, JobPiece

LEASE = timedelta(minutes=2)
MOST_TRIES = 5
"""The number of times that work may break off without getting any further before the job counts as failed."""
BROKE_OFF = "the work broke off several times: the log of the worker says why"
MOST_OPEN = 20
"""Jobs of one kind that a fund has open."""
DISCARDED = "discarded"
FAILED = "failed"


class LeaseLost(Exception):
    """Another worker works on the job now, or somebody discarded it: nothing of this transaction may stay."""


class LeasedJob(Base):
    """The columns of jobs of every kind. `done` of `total` says how far the state is; a `total` of 0 is unknown.

    `result` is its outcome so far.
    """

    __abstract__ = True

    id: Mapped[str] = mapped_column(primary_key=True)
    fund: Mapped[str]
    client_id: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    done: Mapped[int] = mapped_column(sa.BigInteger)
    total: Mapped[int] = mapped_column(sa.BigInteger)
    result: Mapped[dict[str, object]]
    fault: Mapped[str]
    tries: Mapped[int]
    holder: Mapped[str]
    held_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def author(self) -> str:
        """The author of the work, as the audit trail names them."""
        return self.created_by

    def counted(self, name: str) -> int:
        """Return a number of the result, 0 where there is none."""
        found = self.result.get(name, 0)
        return found if isinstance(found, int) else 0


Job = TypeVar("Job", bound=LeasedJob)


class JobTable(Generic[Job]):
    """The jobs of one kind. A worker works on those in a state of `working`; those in one of `open_` are not over."""

    def __init__(self, model: type[Job], *, working: Sequence[str], open_: Sequence[str]) -> None:
        self.model, self.working, self.open = model, tuple(working), tuple(open_)
        now = sa.bindparam("now", type_=model.held_until.type)
        free = sa.or_(model.held_until.is_(None), model.held_until <= now)
        works = model.state.in_(self.working)
        self._waiting = sa.select(model.id).where(works, free).order_by(model.id).limit(1)
        self._choose = self._waiting.with_for_update(skip_locked=True)
        self._take = (
            sa.update(model)
            .where(model.id == sa.bindparam("of_id"), works, free)
            .values(holder=sa.bindparam("by"), held_until=sa.bindparam("until"), tries=model.tries + 1)
        )
        ended: dict[str, object] = {"holder": "", "held_until": None, "ended_at": sa.bindparam("at")}
        self._give_up = (
            sa.update(model)
            .where(works, free, model.tries >= MOST_TRIES)
            .values(state=FAILED, fault=BROKE_OFF, **ended)
        )
        self._count_open = (
            sa.select(sa.func.count())
            .select_from(model)
            .where(model.fund == sa.bindparam("of_fund"), model.state.in_(self.open))
        )
        self._overdue = _overdue(model, self.open)
        of_funds = model.fund.in_(sa.bindparam("funds", expanding=True))
        self._of_funds = sa.select(model).where(of_funds).order_by(model.id.desc())

    def create(self, tx: Transaction, *, job_id: str, **values: object) -> None:
        """Store a new job; what is not given is empty."""
        row: dict[str, object] = {column.key: _empty(column) for column in self.model.__table__.columns}
        row |= {"id": job_id, "created_at": tx.now, "created_by": tx.origin.actor}
        tx.execute(sa.insert(self.model), {**row, **values})

    def find(self, tx: Transaction, funds: Collection[str], job_id: str) -> Job | None:
        """Return a job of these funds as it is now."""
        job = tx.session.get(self.model, job_id, populate_existing=True)
        return job if job is not None and job.fund in funds else None

    def read(self, tx: Transaction, job_id: str) -> Job:
        """Return a job that is known to be there, as it is now."""
        return tx.session.get_one(self.model, job_id, populate_existing=True)

    def of_funds(self, tx: Transaction, funds: Collection[str], *, limit: int, before: str = "") -> Sequence[Job]:
        """Return the newest jobs of these funds, older than the one with the id `before`."""
        wanted = self._of_funds.where(self.model.id < before) if before else self._of_funds
        return tx.session.scalars(wanted.limit(limit), {"funds": sorted(funds)}).all()

    def is_full(self, tx: Transaction, fund: str) -> bool:
        """Return whether so many jobs of the fund are under way that no more may begin."""
        return int(tx.execute(self._count_open, {"of_fund": fund}).scalar_one()) >= MOST_OPEN

    def advance(self, tx: Transaction, job_id: str, *, when: str, **changes: object) -> bool:
        """Change a job that is in the state `when`; False: it is not any more. One statement decides."""
        wanted = (self.model.id == job_id, self.model.state == when)
        return tx.execute(sa.update(self.model).where(*wanted).values(changes)).rowcount == 1

    def discard(self, tx: Transaction, job_id: str) -> bool:
        """End a job that is not over; a worker that is at it finds that out with its next transaction."""
        wanted = (self.model.id == job_id, self.model.state.in_(self.open))
        ended = {"state": DISCARDED, "ended_at": tx.now, "holder": "", "held_until": None}
        return tx.execute(sa.update(self.model).where(*wanted).values(ended)).rowcount == 1

    def discard_all(self, tx: Transaction) -> None:
        """End every job that is not over."""
        ended = {"state": DISCARDED, "ended_at": tx.now, "holder": "", "held_until": None}
        tx.execute(sa.update(self.model).where(self.model.state.in_(self.open)).values(ended))

    def overdue(self, tx: Transaction, before: datetime, most: int) -> Sequence[Job]:
        """Return at most so many jobs that are not over, and have a file from before that moment, or none any more.

        They are held until the transaction ends. Those that another transaction holds are left out.
        """
        return tx.session.scalars(self._overdue, {"before": before, "most": most}).all()

    def take(self, tx: Transaction, holder: str) -> Job | None:
        """Return the job that waited longest, for this holder alone until its lease is over; None: nothing waits.

        A process whose clock is off takes nothing. A job that was taken `MOST_TRIES` times, and got no further, fails:
        the processes that had it may have died of it.
        """
        if tx.shared.is_off:
            return None
        now = tx.shared.now
        tx.execute(self._give_up, {"now": now, "at": tx.now})
        job_id = tx.execute(self._choose, {"now": now}).scalar()
        if job_id is None:
            return None
        taken = {"of_id": job_id, "now": now, "by": holder, "until": now + LEASE}
        return self.read(tx, job_id) if tx.execute(self._take, taken).rowcount == 1 else None

    def is_waiting(self, tx: Transaction) -> bool:
        """Return whether a job waits for a worker. Cheap: most of the time none does."""
        return tx.execute(self._waiting, {"now": tx.shared.now}).first() is not None

    def keep(self, tx: Transaction, job_id: str, holder: str, changes: Mapping[str, object]) -> None:
        """Note how far the work is, and hold the job for longer. Raises `LeaseLost`."""
        kept = {"held_until": tx.shared.now + LEASE, "tries": 0, **changes}
        if tx.execute(sa.update(self.model).where(*self._held(job_id, holder)).values(kept)).rowcount != 1:
            raise LeaseLost(job_id)

    def give_back(
        self, tx: Transaction, job_id: str, holder: str, *, after: timedelta = timedelta(0), fault: str = ""
    ) -> None:
        """Let others work on the job `after` a while; one that breaks off again and again fails. Without a `fault`
        this was no try."""
        given: dict[str, object] = {"holder": "", "held_until": tx.shared.now + after}
        job = self.read(tx, job_id)
        if fault and job.tries >= MOST_TRIES:
            given |= {"state": FAILED, "fault": fault, "ended_at": tx.now}
        elif not fault:
            given["tries"] = max(0, job.tries - 1)
        tx.execute(sa.update(self.model).where(*self._held(job_id, holder)).values(given))

    def _held(self, job_id: str, holder: str) -> tuple[sa.ColumnElement[bool], ...]:
        return self.model.id == job_id, self.model.holder == holder, self.model.state.in_(self.working)


def new_id(tx: Transaction) -> str:
    """Return an id for a job whose file is stored before the job."""
    return random_values.new_id(tx.now)


def _overdue(model: type[Job], open_: Sequence[str]) -> sa.Select[Job]:
    """Select the jobs of `JobTable.overdue`. The list of faulty rows does not count: nothing is made of it."""
    before = sa.bindparam("before", type_=UTCDateTime)
    files = sa.select(sa.func.min(JobPiece.at)).where(JobPiece.job_id == model.id, JobPiece.kind != FAULTS)
    oldest = sa.func.coalesce(files.scalar_subquery(), model.created_at)
    return (
        sa.select(model)
        .where(model.state.in_(open_), model.created_at < before, oldest < before)
        .order_by(model.created_at)
        .limit(sa.bindparam("most"))
        .with_for_update(skip_locked=True)
    )


def _empty(column: sa.ColumnElement[object]) -> object:
    """Return what stands in a column of a new job that is not given."""
    if getattr(column, "nullable", False):
        return None
    if isinstance(column.type, sa.JSON):
        return {}
    if isinstance(column.type, sa.Boolean):
        return False
    return 0 if isinstance(column.type, sa.Integer) else ""
