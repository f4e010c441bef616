"""A lost phone can be replaced: from when on its number counts as none."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_replacements",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_index("ix_phone_replacements_opens_at", "phone_replacements", ["opens_at"])


def downgrade() -> None:
    op.drop_table("phone_replacements")
