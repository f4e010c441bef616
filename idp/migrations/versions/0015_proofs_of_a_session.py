"""A session keeps the proofs it rests on: method, time and evidence.

Nodes of the previous version store none; the methods are then read from `amr`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("proofs", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    op.drop_column("sessions", "proofs")
