"""Open invitations are found by their address: they count among the portals that a password opens."""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

IS_INVITED = sa.text("invited_as_key <> ''")


def upgrade() -> None:
    steps.add_index("ix_memberships_invited_as_key", "memberships", ["invited_as_key"], where=IS_INVITED)


def downgrade() -> None:
    op.drop_index("ix_memberships_invited_as_key", "memberships")
