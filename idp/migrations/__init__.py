"""The history of the schema (Alembic). Each step is safe while the previous version still runs.

Nothing but commands and readiness imports it. Readiness asks here, without Alembic, which would cost every process its
import; `upgrading` applies the steps. Entry points: `current`, `NEWEST`, `pending`, `upgrading.upgrade`.
A new step: `tools/revise "what changes"`.
"""

from pathlib import Path

import sqlalchemy as sa

from idp.database import Database

FOLDER = Path(__file__).parent
VERSIONS = FOLDER / "versions"

APPLIED = sa.table("alembic_version", sa.column("version_num", sa.Text))


class CannotUpgrade(Exception):
    """A step finds data that it cannot carry over, or gets no lock in its time. The message says what to do."""


NEWEST = max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))
"""The revision this version of the program expects: steps are numbered, and named by their number. Read at the start:
the folder may hold the next version before this process ends."""


def current(database: Database) -> str:
    """Return the revision the database has; empty for an empty database."""
    with database.reading_engine.connect() as connection:
        if not sa.inspect(connection).has_table(APPLIED.name):
            return ""
        return connection.execute(sa.select(APPLIED.c.version_num)).scalar() or ""


def pending(database: Database) -> bool:
    """Return whether the database lacks a revision of this version. One that is ahead lacks nothing: steps only add."""
    return current(database) < NEWEST
