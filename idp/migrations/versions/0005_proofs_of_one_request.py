"""Which authorization request a sign-in or a consent was given for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("signed_in_for", sa.Text(), nullable=False, server_default=""))
    op.add_column("consents", sa.Column("granted_for", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("consents", "granted_for")
    op.drop_column("sessions", "signed_in_for")
