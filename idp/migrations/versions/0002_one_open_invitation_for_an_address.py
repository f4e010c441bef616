"""One open invitation for an address in a company.

Of lines that were doubled before, the oldest is the one that counts; the others stay until they are cancelled.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IS_INVITED = sa.text("invited_as_key <> ''")
KEY_OF_THE_OLDEST = sa.text(
    "UPDATE memberships SET invited_as_key = lower(invited_as_email) WHERE id IN (SELECT min(id) FROM memberships "
    "WHERE state = 'invited' AND invited_as_email <> '' GROUP BY organisation_id, lower(invited_as_email))"
)


def upgrade() -> None:
    op.add_column("memberships", sa.Column("invited_as_key", sa.Text(), server_default="", nullable=False))
    op.execute(KEY_OF_THE_OLDEST)
    op.create_index(
        "uq_memberships_invited",
        "memberships",
        ["organisation_id", "invited_as_key"],
        unique=True,
        sqlite_where=IS_INVITED,
        postgresql_where=IS_INVITED,
    )


def downgrade() -> None:
    op.drop_index("uq_memberships_invited", "memberships")
    op.drop_column("memberships", "invited_as_key")
