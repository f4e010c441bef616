"""Which kinds of imported hashes wait for their owners, so that every password check costs as much as theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_hashes",
        sa.Column("effort", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("effort", name=op.f("pk_waiting_hashes")),
    )
    op.add_column("legacy_accounts", sa.Column("effort", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("legacy_accounts", "effort")
    op.drop_table("waiting_hashes")
