"""The acts on many people that one member of staff did without a second one.

Those that the previous version does, or did in its last day, are not counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acts_done_alone",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("fund", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_acts_done_alone_staff_id_done_at", "acts_done_alone", ["staff_id", "done_at"])
    op.create_index("ix_acts_done_alone_done_at", "acts_done_alone", ["done_at"])


def downgrade() -> None:
    op.drop_table("acts_done_alone")
