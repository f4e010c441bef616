"""When a client whose file is gone lost what it held: a file may be gone for a moment only."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_clients", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE known_clients SET ended_at = disappeared_at")  # without a grace, both were one


def downgrade() -> None:
    op.drop_column("known_clients", "ended_at")
