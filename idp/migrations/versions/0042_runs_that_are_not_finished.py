"""Find the runs of a journey at a portal that nobody finished."""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

IS_UNFINISHED = sa.text("finished_at IS NULL")


def upgrade() -> None:
    steps.add_index("ix_flow_runs_unfinished", "flow_runs", ["flow", "client_id"], where=IS_UNFINISHED)


def downgrade() -> None:
    op.drop_index("ix_flow_runs_unfinished", "flow_runs")
