"""The letters that one member of staff ordered lately without a second one: many small orders are a large one."""

from datetime import timedelta

import sqlalchemy as sa

from idp.database import Transaction
from idp.invitations.campaigns import LetterCampaign
from idp.invitations.letters.job import LetterJob
from idp.staff.prepared_acts import CONFIRMED, LETTER_JOB, PreparedAct

LATELY = timedelta(hours=24)
BY_TWO = sa.exists().where(
    PreparedAct.subject_id == LetterJob.id, PreparedAct.kind == LETTER_JOB, PreparedAct.outcome == CONFIRMED
)
JOBS = (
    sa.select(LetterJob)
    .join(LetterCampaign, LetterCampaign.id == LetterJob.campaign_id)
    .where(
        LetterJob.fund == sa.bindparam("of_fund"),
        LetterJob.ordered_by == sa.bindparam("author"),
        LetterCampaign.created_at > sa.bindparam("since"),
        ~BY_TWO,
    )
)


def people(tx: Transaction, fund: str, author: str) -> int:
    """Return how many people those letters of a fund concern; `author` as the audit trail names them."""
    asked = {"of_fund": fund, "author": author, "since": tx.now - LATELY}
    return sum(job.concerned for job in tx.session.scalars(JOBS, asked))
