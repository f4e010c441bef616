"""Acts of staff that wait for a second person, and the names under which places know their staff."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NAMED = "UPDATE staff_roles SET name = (SELECT staff.name FROM staff WHERE staff.id = staff_roles.staff_id)"


def upgrade() -> None:
    op.create_table(
        "prepared_acts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("other_id", sa.String(), nullable=False),
        sa.Column("prepared_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["prepared_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_prepared_acts_expires_at", "prepared_acts", ["expires_at"])
    op.add_column("staff_roles", sa.Column("name", sa.String(), nullable=False, server_default=""))
    op.execute(NAMED)


def downgrade() -> None:
    op.drop_column("staff_roles", "name")
    op.drop_table("prepared_acts")
