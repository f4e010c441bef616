"""One open invitation for an address in a company.

Of lines that were doubled before, the oldest is the one that counts; the others stay until they are cancelled. The key is
that of `idp.people.email_address` in its first version: the domain in IDNA, everything without case.
"""

import sqlalchemy as sa
from alembic import op
from email_validator import EmailNotValidError, validate_email

from idp.migrations import steps

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IS_INVITED = sa.text("invited_as_key <> ''")
INVITED = sa.text(
    "SELECT id, organisation_id, invited_as_email FROM memberships "
    "WHERE state = 'invited' AND invited_as_email <> '' ORDER BY id DESC"
)
GIVE_KEY = sa.text("UPDATE memberships SET invited_as_key = :key WHERE id = :id")


def upgrade() -> None:
    steps.add_column("memberships", sa.Column("invited_as_key", sa.Text(), server_default="", nullable=False))
    give_keys(op.get_bind())
    columns = ["organisation_id", "invited_as_key"]
    steps.add_index("uq_memberships_invited", "memberships", columns, unique=True, where=IS_INVITED)


def give_keys(connection: sa.Connection) -> None:
    """The oldest line of each address comes last here, and overwrites the others."""
    lines = connection.execute(INVITED).all()
    oldest = {(line.organisation_id, key_of(line.invited_as_email)): line.id for line in lines}
    if oldest:
        connection.execute(GIVE_KEY, [{"key": key, "id": line_id} for (_, key), line_id in oldest.items()])


def key_of(address: str) -> str:
    """What addresses are compared by; of a text that is none, the text without case."""
    try:
        valid = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return address.lower()
    return f"{valid.local_part}@{valid.ascii_domain}".lower()


def downgrade() -> None:
    op.drop_index("uq_memberships_invited", "memberships")
    op.drop_column("memberships", "invited_as_key")
