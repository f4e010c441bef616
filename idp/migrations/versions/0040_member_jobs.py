"""Jobs that change many members, companies by the beginning of their name, and events by whose contact data they hold.

Processes of the previous version write events without `contacts_of`: these go after a week, as all did before.
"""

import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TEXTS = ("fund", "client_id", "kind", "state", "reason", "created_by", "fault", "holder")
NAMES = {"postgresql": 'lower(name) COLLATE "C"', "sqlite": "lower(name)"}


def upgrade() -> None:
    steps.add_column("kept_events", sa.Column("contacts_of", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "member_jobs",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    for columns in (["fund", "id"], ["state", "id"], ["created_at"]):
        op.create_index(f"ix_member_jobs_{columns[0]}", "member_jobs", columns, if_not_exists=True)
    has_contacts = sa.text("contacts_of <> ''")
    steps.add_index("ix_kept_events_contacts_of", "kept_events", ["contacts_of"], where=has_contacts)
    name = sa.text(NAMES[op.get_bind().dialect.name])
    steps.add_index("ix_organisations_name", "organisations", [name, "fund"])


def downgrade() -> None:
    op.drop_index("ix_organisations_name", "organisations")
    op.drop_index("ix_kept_events_contacts_of", "kept_events")
    op.drop_table("member_jobs")
    op.drop_column("kept_events", "contacts_of")
