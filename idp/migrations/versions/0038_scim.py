"""Companies' directories: the tokens they show, and the users they keep here (RFC 7643, RFC 7644)."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scim_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_scim_tokens_organisation_id_organisations"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", name="uq_scim_tokens_digest"),
    )
    op.create_index("ix_scim_tokens_organisation_id", "scim_tokens", ["organisation_id"])
    op.create_index("ix_scim_tokens_expires_at", "scim_tokens", ["expires_at"])
    op.create_table(
        "scim_users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("user_key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_scim_users_organisation_id_organisations"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation_id", "user_key", name="uq_scim_users_organisation_id_user_key"),
    )
    op.create_index("ix_scim_users_organisation_id_external_id", "scim_users", ["organisation_id", "external_id"])
    op.create_index("ix_scim_users_membership_id", "scim_users", ["membership_id"])
    op.create_index("ix_scim_users_email_key", "scim_users", ["email_key"])
    op.create_index("ix_scim_users_updated_at", "scim_users", ["updated_at"])


def downgrade() -> None:
    op.drop_table("scim_users")
    op.drop_table("scim_tokens")
