"""The history of the schema (Alembic). Each step is safe while the previous version still runs.

Nothing but commands and readiness imports it. Readiness asks here, without Alembic, which would cost every process its
import; `upgrading` applies the steps. Entry points: `current`, `newest`, `pending`, `upgrading.upgrade`.
A new step: `tools/revise "what changes"`.
"""

from pathlib import Path

import sqlalchemy as sa

from idp.database import Database

FOLDER = Path(__file__).parent
VERSIONS = FOLDER / "versions"

APPLIED = sa.table("alembic_version", sa.column("version_num", sa.Text))


def newest() -> str:
    """The revision this version of the program expects: steps are numbered, and named by their number."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def current(database: Database) -> str:
    """The revision the database has; empty for an empty database."""
    with database.reading_engine.connect() as connection:
        if not sa.inspect(connection).has_table(APPLIED.name):
            return ""
        return connection.execute(sa.select(APPLIED.c.version_num)).scalar() or ""


def pending(database: Database) -> bool:
    """Whether the database lacks a revision of this version."""
    return current(database) != newest()


def is_reachable(engine: sa.Engine) -> bool:
    """Whether a trivial statement succeeds."""
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        return False
    return True
