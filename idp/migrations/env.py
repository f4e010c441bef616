"""Alembic's environment: the tables of the whole program, on the connection that is handed in."""

from contextlib import nullcontext
from typing import Literal

import sqlalchemy as sa
from alembic import context

from idp import commands
from idp.app import installed_flows
from idp.database import Base, UTCDateTime
from idp.migrations.steps import PATIENCE
from idp.settings_loader import load_settings

tables = (commands, installed_flows())  # importing them imports every table, ours and the journeys'


def render_item(kind: str, item: object, _autogen_context: object) -> str | Literal[False]:
    """Migrations stand on their own: our types are written as the SQL types they are."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def limit_waiting(connection: sa.Connection) -> None:
    """Let a step give way soon: a wait for a lock holds up everybody behind. The work itself has no limit."""
    with nullcontext() if connection.in_transaction() else connection.begin():
        connection.exec_driver_sql(f"SET lock_timeout = '{PATIENCE}'; SET statement_timeout = 0")


def run(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        limit_waiting(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with sa.create_engine(load_settings().database.url).connect() as own:
        run(own)
