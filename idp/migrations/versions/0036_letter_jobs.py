"""Registers that are uploaded at the desk, and the letters that the worker makes of them."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TEXTS = (
    "fund", "client_id", "state", "file_name", "reason", "created_by", "ordered_by", "design", "language", "format",
    "campaign_id", "of_campaign", "fault", "holder", "collected_by",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "letter_jobs",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replace_live", sa.Boolean(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("forecast", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_letter_jobs_fund", "letter_jobs", ["fund", "id"])
    op.create_index("ix_letter_jobs_state", "letter_jobs", ["state", "id"])
    op.create_index("ix_letter_jobs_created_at", "letter_jobs", ["created_at"])
    op.create_index("ix_letter_jobs_campaign_id", "letter_jobs", ["campaign_id"])
    op.create_table(
        "letter_job_pieces",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "kind", "number"),
    )
    op.create_index("ix_letter_job_pieces_at", "letter_job_pieces", ["at"])


def downgrade() -> None:
    op.drop_table("letter_job_pieces")
    op.drop_table("letter_jobs")
