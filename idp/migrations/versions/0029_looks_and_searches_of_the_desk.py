"""Looks of staff at records, and the indexes of the desk's searches."""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

SEARCHED = (("people", "birth_date"), ("people", "family_name"), ("audit_events", "request_id"))


def upgrade() -> None:
    for table, column in SEARCHED:
        steps.add_index(f"ix_{table}_{column}", table, [column])
    op.create_table(
        "staff_looks",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("revealed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "kind", "subject_id"),
    )
    op.create_index("ix_staff_looks_at", "staff_looks", ["at"])


def downgrade() -> None:
    for table, column in SEARCHED:
        op.drop_index(f"ix_{table}_{column}", table)
    op.drop_table("staff_looks")
