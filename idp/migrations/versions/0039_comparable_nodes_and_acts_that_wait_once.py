"""The version and configuration that each process reports; a key by which the same act waits for a second person once.

Processes of the previous version report none: their rows say an empty version. Acts that they prepare have no key.
"""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

NONE = {"settings": "'{}'", "faults": "'[]'"}


def upgrade() -> None:
    for name in ("version", "clients", "brands"):
        steps.add_column("nodes", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name, nothing in NONE.items():
        steps.add_column("nodes", sa.Column(name, sa.JSON(), nullable=False, server_default=sa.text(nothing)))
    steps.add_column("prepared_acts", sa.Column("waits_as", sa.Text(), nullable=True))
    steps.add_index("ix_prepared_acts_waits_as", "prepared_acts", ["waits_as"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_prepared_acts_waits_as", "prepared_acts")
    op.drop_column("prepared_acts", "waits_as")
    for name in ("version", "clients", "brands", *NONE):
        op.drop_column("nodes", name)
