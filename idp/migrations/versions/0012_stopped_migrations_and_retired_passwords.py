"""The link that stops a migration dies with it; a password that somebody else may know opens nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("legacy_accounts", sa.Column("times_contested", sa.Integer(), server_default="0", nullable=False))
    op.add_column("passwords", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("passwords", "retired_at")
    op.drop_column("legacy_accounts", "times_contested")
