"""A job that changes many members of a fund's companies, ordered by a program: invitations, rights, access.

    working → finished
           ↘ failed ↘ discarded

Its rows are in pieces (`idp.jobs.job_files`), each deleted with the transaction that works it off.
"""

from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from idp.jobs.leased_job import JobTable, LeasedJob

WORKING, FINISHED = "working", "finished"
Kind = Literal["invite", "change"]
INVITE: Kind = "invite"
CHANGE: Kind = "change"


class MemberJob(LeasedJob):
    """One job of invitations or of changes. `client_id` is the fund's portal, which tells the members."""

    __tablename__ = "member_jobs"
    __table_args__ = (
        sa.Index("ix_member_jobs_fund", "fund", "id"),
        sa.Index("ix_member_jobs_state", "state", "id"),
        sa.Index("ix_member_jobs_created_at", "created_at"),
    )

    kind: Mapped[str]

    @property
    def changed(self) -> int:
        """How many members it has invited or changed so far."""
        return self.counted("changed")

    @property
    def left_out(self) -> int:
        """How many of the rows worked off changed nothing."""
        return self.counted("left_out")


MEMBER_JOBS = JobTable(MemberJob, working=[WORKING], open_=[WORKING])
