"""A letter job: a register that somebody uploaded, or letters to issue again; the worker makes them of it.

    checking → checked → importing → drawing → printing → ready → finished
            ↘ failed   ↘ discarded

Letters to issue again begin as `checked`, and nothing of theirs is imported.
`idp.jobs.leased_job` says who works on it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Transaction
from idp.invitations.letters.letter import DESIGNS, Design
from idp.invitations.registration_code import RegistrationCode, RegistrationCodeState
from idp.jobs.leased_job import DISCARDED, FAILED, JobTable, LeasedJob

Format = Literal["pdf", "print-shop"]
FORMATS: tuple[Format, ...] = get_args(Format)


class JobState:
    """The states of a job."""

    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DRAWING = "drawing"
    PRINTING = "printing"
    READY = "ready"
    FINISHED = "finished"
    DISCARDED = DISCARDED
    FAILED = FAILED


WORKING = (JobState.CHECKING, JobState.IMPORTING, JobState.DRAWING, JobState.PRINTING)
OPEN = (*WORKING, JobState.CHECKED, JobState.READY)


@dataclass(frozen=True, kw_only=True)
class LetterChoice:
    """The choices for the letters of a job. `language`: of all letters; empty: each reader's own."""

    design: Design
    language: str
    format: Format
    replace_live: bool = False


class LetterJob(LeasedJob):
    """One job. `forecast` is what the check foresees, `result` what came of it. `of_campaign` is the campaign whose
    letters are issued again; such a job has no file.
    """

    __tablename__ = "letter_jobs"
    __table_args__ = (
        sa.Index("ix_letter_jobs_fund", "fund", "id"),
        sa.Index("ix_letter_jobs_state", "state", "id"),
        sa.Index("ix_letter_jobs_created_at", "created_at"),
        sa.Index("ix_letter_jobs_campaign_id", "campaign_id"),
    )

    file_name: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    ordered_by: Mapped[str]
    design: Mapped[str]
    language: Mapped[str]
    format: Mapped[str]
    replace_live: Mapped[bool]
    campaign_id: Mapped[str]
    of_campaign: Mapped[str]
    forecast: Mapped[dict[str, object]]
    collected_by: Mapped[str]

    @property
    def author(self) -> str:
        """The one who ordered the letters, or uploaded the register."""
        return self.ordered_by or self.created_by

    @property
    def has_register(self) -> bool:
        """Return whether it began with an uploaded register, which is stored first."""
        return self.file_name != ""

    @property
    def is_of_numbers(self) -> bool:
        """Return whether a program ordered it by numbers of the register: its faults name rows of that request."""
        return not self.has_register and not self.of_campaign

    @property
    def concerned(self) -> int:
        """How many people an order concerns: all lines of the register, or all whose letters are issued again.

        A faulty line counts too: the register is read again, and the line may be good then. No order makes more letters
        than this.
        """
        return self.foreseen("lines") if self.has_register else self.total

    @property
    def choice(self) -> LetterChoice:
        """The choice that is kept with it."""
        design = next(each for each in DESIGNS if each == self.design)
        made = next(each for each in FORMATS if each == self.format)
        return LetterChoice(design=design, language=self.language, format=made, replace_live=self.replace_live)

    @property
    def letters(self) -> int:
        """How many letters it has made so far."""
        return self.counted("letters")

    @property
    def left_out(self) -> int:
        """How many rows or lines of those worked off bring no letter."""
        skipped = self.result.get("skipped")
        return sum(skipped.values()) if isinstance(skipped, dict) else 0

    def letters_foreseen(self, *, even_of: str = "") -> int:
        """How many letters a register's check foresees; `even_of`: with those who would get none for this reason."""
        skipped = self.forecast.get("skipped")
        more = skipped.get(even_of, 0) if isinstance(skipped, dict) else 0
        return self.foreseen("letters") + more

    def foreseen(self, name: str) -> int:
        """Return a number of the forecast, 0 where there is none."""
        found = self.forecast.get(name, 0)
        return found if isinstance(found, int) else 0

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


LETTER_JOBS = JobTable(LetterJob, working=WORKING, open_=OPEN)
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


def waiting_elsewhere(tx: Transaction, campaign_id: str, subjects: Collection[str]) -> set[str]:
    """Return those for whom another job has drawn a code that nobody collected yet: a new one would end that."""
    return set(tx.execute(UNCOLLECTED, {"subjects": list(subjects), "but": campaign_id}).scalars())
