"""Changes that a table with a million rows takes without holding up anybody, for the steps of `versions`.

A step that was interrupted is run again from its beginning. `add_index` ends the step's transaction, so whatever stands
before it in a step has to bear a second run.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

PATIENCE = "300ms"
"""The longest wait of a step for a lock.

A step that changes several tables may wait for somebody who waits for it. PostgreSQL looks for such circles after one
second (`deadlock_timeout`) and ends whoever waited longest: by then the step has given way.
"""
VALID = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def add_index(
    name: str,
    table: str,
    columns: Sequence[str | sa.TextClause],
    *,
    unique: bool = False,
    where: sa.TextClause | None = None,
) -> None:
    """Add an index to a table that has rows: PostgreSQL builds it while others write (CONCURRENTLY).

    What an interrupted build left is built anew.
    """
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, columns, unique=unique, sqlite_where=where)
        return
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for old transactions, and nobody waits for it
        if op.get_bind().scalar(VALID, {"name": name}) is False:
            op.drop_index(name, table, postgresql_concurrently=True)
        op.create_index(
            name,
            table,
            columns,
            unique=unique,
            postgresql_where=where,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.execute(f"SET lock_timeout = '{PATIENCE}'")


def add_column(table: str, column: sa.Column[object]) -> None:
    """Add a column in a step that adds an index later: a second run finds it there."""
    op.add_column(table, column, if_not_exists=op.get_bind().dialect.name == "postgresql")
