"""Identifiers are found with whatever blanks, dashes and dots people type: the stored keys hold none any more.

Two identifiers of one portal that only such signs tell apart would get one key. Then nothing is changed, and the message
says how many there are. A key of nothing but signs stays as it is.
"""

import sqlalchemy as sa
from alembic import op

from idp.migrations import CannotUpgrade

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SEPARATORS = "-‐‒–—―−.·"
TABLES = {"portal_identifiers": ("portal", "kind"), "legacy_accounts": ("portal",)}
"""Each table of keys, with the columns within which a key is unique."""


def upgrade() -> None:
    connection = op.get_bind()
    doubled = {table: _doubled(connection, table) for table in TABLES}
    if any(doubled.values()):
        found = ", ".join(f"{count} in {table}" for table, count in doubled.items() if count)
        raise CannotUpgrade(
            f"identifiers that only dashes or dots tell from another one of their portal: {found}. Nothing was changed. "
            "docs/operations.md, “Install”, says how to find them."
        )
    for table in TABLES:
        keys = _table(table)
        connection.execute(sa.update(keys).where(_new_key(keys) != keys.c.key).values(key=_new_key(keys)))


def downgrade() -> None:
    """Keys without dashes serve the former code too, for what was typed without."""


def _table(name: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in ("key", *TABLES[name])))


def _new_key(keys: sa.TableClause) -> sa.ColumnElement[str]:
    bare: sa.ColumnElement[str] = sa.cast(keys.c.key, sa.Text)
    for sign in SEPARATORS:
        bare = sa.func.replace(bare, sign, "")
    return sa.func.coalesce(sa.func.nullif(bare, ""), keys.c.key)


def _doubled(connection: sa.Connection, name: str) -> int:
    """Return how many identifiers share the key that they would get."""
    keys = _table(name)
    renewed = sa.select(*(keys.c[column] for column in TABLES[name]), _new_key(keys).label("new_key")).subquery()
    held = sa.select(sa.func.count().label("held")).select_from(renewed).group_by(*renewed.c)
    shared = held.having(sa.func.count() > 1).subquery()
    return connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(shared.c.held), 0))) or 0
