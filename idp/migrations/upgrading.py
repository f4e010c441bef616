"""Applying the steps of the schema's history, with Alembic."""

import logging

from alembic import command
from alembic.config import Config

from idp.database import Database
from idp.migrations import FOLDER, NEWEST, current

logging.getLogger("alembic.runtime").setLevel(logging.WARNING)  # what was applied is told in one line, by the command


def configuration() -> Config:
    config = Config(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER))
    return config


def upgrade(database: Database) -> tuple[str, str]:
    """Bring the schema to the newest revision; answers with the revisions before and after.

    A schema that is ahead, because the next version upgraded it, stays as it is.
    """
    before = current(database)
    after = max(before, NEWEST)
    if before != after:
        config = configuration()
        with database.writing_engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a large table takes its time
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return before, after
