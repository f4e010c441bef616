"""A run stores what it is about: a company, one of its users, a mailed link.

Nodes of the previous version store nothing there; a run that needs it then offers a new start.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flow_runs", sa.Column("subject", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))


def downgrade() -> None:
    op.drop_column("flow_runs", "subject")
