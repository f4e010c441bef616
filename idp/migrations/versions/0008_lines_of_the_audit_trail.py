"""Where each security event stands among the lines that leave the database; nobody changes an event.

The previous version writes events without a line, which the worker numbers later. Its worker's retention is refused by
the triggers on SQLite until it is stopped: that node has one version at a time.
"""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IS_UNNUMBERED, IS_NUMBERED = sa.text("line IS NULL"), sa.text("line IS NOT NULL")
TRIGGERS = (
    """CREATE TRIGGER IF NOT EXISTS audit_events_never_change BEFORE UPDATE OF id, at, name, reference, person_id,
organisation_id, client_id, actor, request_id, address, user_agent, details ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END""",
    """CREATE TRIGGER IF NOT EXISTS audit_events_are_kept BEFORE DELETE ON audit_events
WHEN OLD.at >= COALESCE((SELECT deletable_before FROM audit_chain), '')
BEGIN SELECT RAISE(ABORT, 'audit events are kept for their time'); END""",
)


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("numbered", sa.BigInteger(), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletable_before", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
        if_not_exists=True,
    )
    steps.add_column("audit_events", sa.Column("line", sa.BigInteger(), nullable=True))
    steps.add_index("ix_audit_events_unnumbered", "audit_events", ["id"], where=IS_UNNUMBERED)
    steps.add_index("uq_audit_events_line", "audit_events", ["line"], unique=True, where=IS_NUMBERED)
    if op.get_bind().dialect.name == "sqlite":
        for trigger in TRIGGERS:
            op.execute(trigger)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_never_change")
        op.execute("DROP TRIGGER audit_events_are_kept")
    op.drop_index("uq_audit_events_line", table_name="audit_events")
    op.drop_index("ix_audit_events_unnumbered", table_name="audit_events")
    op.drop_column("audit_events", "line")
    op.drop_table("audit_chain")
