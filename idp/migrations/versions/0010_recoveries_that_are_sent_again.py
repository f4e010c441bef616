"""A recovery's mail can be sent again, and its link may ask the birth date; a password may rest on the mailbox alone."""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_column("recoveries", sa.Column("asked_for", sa.Text(), server_default="", nullable=False))
    steps.add_column("recoveries", sa.Column("sealed_tokens", sa.Text(), server_default="", nullable=False))
    steps.add_column("recoveries", sa.Column("asks_birth_date", sa.Boolean(), server_default=sa.false(), nullable=False))
    steps.add_column("passwords", sa.Column("by_mailbox_alone", sa.Boolean(), server_default=sa.false(), nullable=False))
    steps.add_index("ix_recoveries_asked_for", "recoveries", ["asked_for"])


def downgrade() -> None:
    op.drop_column("passwords", "by_mailbox_alone")
    op.drop_index("ix_recoveries_asked_for", "recoveries")
    op.drop_column("recoveries", "asks_birth_date")
    op.drop_column("recoveries", "sealed_tokens")
    op.drop_column("recoveries", "asked_for")
