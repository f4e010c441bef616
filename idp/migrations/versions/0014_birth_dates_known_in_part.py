"""Birth dates of which only the year, or year and month, are known. An older node takes them for not known."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("birth_date_in_part", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("people", "birth_date_in_part")
