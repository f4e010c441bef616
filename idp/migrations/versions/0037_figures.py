"""Figures for overviews, added up by the worker, and how far it read."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KEY = ("portal", "fund", "measure", "label")


def upgrade() -> None:
    op.create_table(
        "figures",
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in KEY),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("span", "begins_at", *KEY),
    )
    op.create_index("ix_figures_span_begins_at", "figures", ["span", "begins_at"])
    op.create_table(
        "figure_cursor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("figure_cursor")
    op.drop_table("figures")
