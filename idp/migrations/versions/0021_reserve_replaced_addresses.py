"""A replaced login address stays reserved while its owner may restore it: the key it is compared by."""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_column("email_changes", sa.Column("old_key", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE email_changes SET old_key = lower(old)")
    steps.add_index("ix_email_changes_old_key", "email_changes", ["old_key"])


def downgrade() -> None:
    op.drop_index("ix_email_changes_old_key", "email_changes")
    with op.batch_alter_table("email_changes") as table:
        table.drop_column("old_key")
