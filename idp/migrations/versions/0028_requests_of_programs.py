"""Requests of programs that happen once, and what their lists are read by."""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_index("ix_registration_codes_fund", "registration_codes", ["fund", "id"])
    steps.add_index("ix_audit_events_client_id", "audit_events", ["client_id", "id"])
    op.create_table(
        "idempotent_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_requests")),
        sa.UniqueConstraint("client_id", "key", name=op.f("uq_idempotent_requests_client_id_key")),
    )
    op.create_index(op.f("ix_idempotent_requests_expires_at"), "idempotent_requests", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_audit_events_client_id", "audit_events")
    op.drop_index("ix_registration_codes_fund", "registration_codes")
    op.drop_table("idempotent_requests")
