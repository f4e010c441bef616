"""The history of the schema (Alembic). Each step is safe while the previous version still runs.

Nothing but commands and readiness imports it. Entry points: `upgrade`, `current`, `newest`, `pending`.
A new step: `tools/revise "what changes"`.
"""

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from idp.database import Database

FOLDER = Path(__file__).parent

logging.getLogger("alembic.runtime").setLevel(logging.WARNING)  # a readiness probe is no news


def configuration() -> Config:
    config = Config(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER))
    return config


def newest() -> str:
    """The revision this version of the program expects."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def current(database: Database) -> str:
    """The revision the database has; empty for an empty database."""
    with database.reading_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade(database: Database) -> tuple[str, str]:
    """Bring the schema to the newest revision; answers with the revisions before and after."""
    before, after = current(database), newest()
    if before != after:
        config = configuration()
        with database.writing_engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return before, after


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
