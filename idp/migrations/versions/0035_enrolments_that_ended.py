"""Find the enrolments that ended, which are deleted after a year."""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

HAS_ENDED = sa.text("ended_at IS NOT NULL")


def upgrade() -> None:
    steps.add_index("ix_enrolments_ended_at", "enrolments", ["ended_at"], where=HAS_ENDED)


def downgrade() -> None:
    op.drop_index("ix_enrolments_ended_at", "enrolments")
