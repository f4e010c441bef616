"""A letter job: a register that somebody uploaded, or letters to issue again; the worker makes them of it.

    checking → checked → importing → drawing → printing → ready → finished
            ↘ failed   ↘ discarded

One worker works on a job at a time. It takes the row for a while (`take`), and every transaction of its work asks
whether it still has it (`keep`): a worker that is killed is followed by another, and nothing is done twice.
Lease and takeover go by the database's clock (rulings 37).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.invitations.letters.letter import Design
from idp.invitations.registration_code import RegistrationCode, RegistrationCodeState

Format = Literal["pdf", "print-shop"]
FORMATS: tuple[Format, ...] = get_args(Format)

LEASE = timedelta(minutes=2)
MOST_TRIES = 5
"""The number of times that work may break off without getting any further before the job counts as failed."""
BROKE_OFF = "the work broke off several times: the log of the worker says why"
MOST_OPEN = 20
"""Jobs of a fund that are not over."""


class JobState:
    """The states of a job."""

    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DRAWING = "drawing"
    PRINTING = "printing"
    READY = "ready"
    FINISHED = "finished"
    DISCARDED = "discarded"
    FAILED = "failed"


WORKING = (JobState.CHECKING, JobState.IMPORTING, JobState.DRAWING, JobState.PRINTING)
OPEN = (*WORKING, JobState.CHECKED, JobState.READY)


class LetterJob(Base):
    """One job. `done` of `total` says how far its present state is; a `total` of 0 is unknown.

    `forecast` is what the check foresees, `result` what came of it. `of_campaign` is the campaign whose letters are
    issued again; such a job has no file.
    """

    __tablename__ = "letter_jobs"
    __table_args__ = (
        sa.Index("ix_letter_jobs_fund", "fund", "id"),
        sa.Index("ix_letter_jobs_state", "state", "id"),
        sa.Index("ix_letter_jobs_created_at", "created_at"),
        sa.Index("ix_letter_jobs_campaign_id", "campaign_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    fund: Mapped[str]
    client_id: Mapped[str]
    state: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    reason: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    ordered_by: Mapped[str]
    design: Mapped[str]
    language: Mapped[str]
    format: Mapped[str]
    replace_live: Mapped[bool]
    campaign_id: Mapped[str]
    of_campaign: Mapped[str]
    done: Mapped[int] = mapped_column(sa.BigInteger)
    total: Mapped[int] = mapped_column(sa.BigInteger)
    forecast: Mapped[dict[str, object]]
    result: Mapped[dict[str, object]]
    fault: Mapped[str]
    tries: Mapped[int]
    holder: Mapped[str]
    held_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    collected_by: Mapped[str]

    @property
    def is_of_numbers(self) -> bool:
        """Return whether a program ordered it by numbers of the register: its faults name rows of that request."""
        return not self.file_name and not self.of_campaign

    @property
    def letters(self) -> int:
        """How many letters it has made so far."""
        made = self.result.get("letters", 0)
        return made if isinstance(made, int) else 0

    @property
    def left_out(self) -> int:
        """How many rows or lines of those worked off bring no letter."""
        skipped = self.result.get("skipped")
        return sum(skipped.values()) if isinstance(skipped, dict) else 0

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, kw_only=True)
class LetterChoice:
    """The choices for the letters of a job. `language`: of all letters; empty: each reader's own."""

    design: Design
    language: str
    format: Format
    replace_live: bool = False


class LeaseLost(Exception):
    """Another worker works on the job now, or somebody discarded it: nothing of this transaction may stay."""


TABLE = LetterJob.__table__
INSERT = sa.insert(LetterJob)
FREE = sa.or_(
    LetterJob.held_until.is_(None), LetterJob.held_until <= sa.bindparam("now", type_=LetterJob.held_until.type)
)
WAITING = sa.select(LetterJob.id).where(LetterJob.state.in_(WORKING), FREE).order_by(LetterJob.id).limit(1)
CHOOSE = WAITING.with_for_update(skip_locked=True)
TAKE = (
    sa.update(LetterJob)
    .where(LetterJob.id == sa.bindparam("of_id"), LetterJob.state.in_(WORKING), FREE)
    .values(holder=sa.bindparam("by"), held_until=sa.bindparam("until"), tries=LetterJob.tries + 1)
)
GIVE_UP = (
    sa.update(LetterJob)
    .where(LetterJob.state.in_(WORKING), FREE, LetterJob.tries >= MOST_TRIES)
    .values(state=JobState.FAILED, fault=BROKE_OFF, holder="", held_until=None, ended_at=sa.bindparam("at"))
)
OF_FUNDS = (
    sa.select(LetterJob).where(LetterJob.fund.in_(sa.bindparam("funds", expanding=True))).order_by(LetterJob.id.desc())
)
COUNT_OPEN = (
    sa.select(sa.func.count())
    .select_from(LetterJob)
    .where(LetterJob.fund == sa.bindparam("of_fund"), LetterJob.state.in_(OPEN))
)

UNCOLLECTED = (
    sa.select(RegistrationCode.subject_id)
    .join(LetterJob, LetterJob.campaign_id == RegistrationCode.campaign_id)
    .where(
        RegistrationCode.subject_id.in_(sa.bindparam("subjects", expanding=True)),
        RegistrationCode.state == RegistrationCodeState.CREATED,
        LetterJob.state.in_(OPEN),
        LetterJob.campaign_id != sa.bindparam("but"),
    )
)


def create(tx: Transaction, *, job_id: str, **values: object) -> None:
    """Store a new job; what is not given is empty."""
    row: dict[str, object] = dict.fromkeys(
        ("file_name", "ordered_by", "language", "campaign_id", "of_campaign", "fault", "holder", "collected_by"), ""
    )
    row |= {"id": job_id, "size": 0, "created_at": tx.now, "created_by": tx.origin.actor, "design": "portal"}
    row |= {"format": "pdf", "replace_live": False, "done": 0, "total": 0, "forecast": {}, "result": {}, "tries": 0}
    tx.execute(INSERT, {**row, "held_until": None, "ended_at": None, **values})


def new_id(tx: Transaction) -> str:
    """Return an id for a job whose file is stored before the job."""
    return random_values.new_id(tx.now)


def find(tx: Transaction, funds: Collection[str], job_id: str) -> LetterJob | None:
    """Return a job of these funds as it is now."""
    job = tx.session.get(LetterJob, job_id, populate_existing=True)
    return job if job is not None and job.fund in funds else None


def of_funds(tx: Transaction, funds: Collection[str], *, limit: int, before: str = "") -> Sequence[LetterJob]:
    """Return the newest jobs of these funds, older than the one with the id `before`."""
    wanted = OF_FUNDS.where(LetterJob.id < before) if before else OF_FUNDS
    return tx.session.scalars(wanted.limit(limit), {"funds": sorted(funds)}).all()


def is_full(tx: Transaction, fund: str) -> bool:
    """Return whether so many jobs of the fund are under way that no more may begin."""
    return int(tx.execute(COUNT_OPEN, {"of_fund": fund}).scalar_one()) >= MOST_OPEN


def advance(tx: Transaction, job_id: str, *, when: str, **changes: object) -> bool:
    """Change a job that is in the state `when`; False: it is not any more. One statement decides."""
    wanted = (LetterJob.id == job_id, LetterJob.state == when)
    return tx.execute(sa.update(LetterJob).where(*wanted).values(changes)).rowcount == 1


def discard(tx: Transaction, job_id: str) -> bool:
    """End a job that is not over; a worker that is at it finds that out with its next transaction."""
    wanted = (LetterJob.id == job_id, LetterJob.state.in_(OPEN))
    ended = {"state": JobState.DISCARDED, "ended_at": tx.now, "holder": "", "held_until": None}
    return tx.execute(sa.update(LetterJob).where(*wanted).values(ended)).rowcount == 1


def take(tx: Transaction, holder: str) -> LetterJob | None:
    """Return the job that waited longest, for this holder alone until its lease is over; None: nothing waits.

    A process whose clock is off takes nothing. A job that was taken `MOST_TRIES` times, and got no further, fails: the
    processes that had it may have died of it.
    """
    if tx.shared.is_off:
        return None
    now = tx.shared.now
    tx.execute(GIVE_UP, {"now": now, "at": tx.now})
    job_id = tx.execute(CHOOSE, {"now": now}).scalar()
    if job_id is None:
        return None
    taken = {"of_id": job_id, "now": now, "by": holder, "until": now + LEASE}
    if tx.execute(TAKE, taken).rowcount != 1:
        return None
    return tx.session.get_one(LetterJob, job_id, populate_existing=True)


def is_waiting(tx: Transaction) -> bool:
    """Return whether a job waits for a worker. Cheap: most of the time none does."""
    return tx.execute(WAITING, {"now": tx.shared.now}).first() is not None


def waiting_elsewhere(tx: Transaction, campaign_id: str, subjects: Collection[str]) -> set[str]:
    """Return those for whom another job has drawn a code that nobody collected yet: a new one would end that."""
    return set(tx.execute(UNCOLLECTED, {"subjects": list(subjects), "but": campaign_id}).scalars())


def keep(tx: Transaction, job_id: str, holder: str, changes: Mapping[str, object]) -> None:
    """Note how far the work is, and hold the job for longer. Raises `LeaseLost`."""
    held = (LetterJob.id == job_id, LetterJob.holder == holder, LetterJob.state.in_(WORKING))
    kept = {"held_until": tx.shared.now + LEASE, "tries": 0, **changes}
    if tx.execute(sa.update(LetterJob).where(*held).values(kept)).rowcount != 1:
        raise LeaseLost(job_id)


def give_back(tx: Transaction, job_id: str, holder: str, *, after: timedelta = timedelta(0), fault: str = "") -> None:
    """Let others work on the job `after` a while; one that breaks off again and again fails. Without a `fault` this was
    no try."""
    held = (LetterJob.id == job_id, LetterJob.holder == holder, LetterJob.state.in_(WORKING))
    given: dict[str, object] = {"holder": "", "held_until": tx.shared.now + after}
    job = tx.session.get_one(LetterJob, job_id, populate_existing=True)
    if fault and job.tries >= MOST_TRIES:
        given |= {"state": JobState.FAILED, "fault": fault, "ended_at": tx.now}
    elif not fault:
        given["tries"] = max(0, job.tries - 1)
    tx.execute(sa.update(LetterJob).where(*held).values(given))
