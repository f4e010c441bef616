"""`idp db`: the schema of the database."""

import time
from pathlib import Path

import click
import sqlalchemy as sa

from idp import migrations
from idp.audit import chain, protection
from idp.commands import database_copies, restored_codes
from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, said_by
from idp.commands.restored_codes import CodesSince
from idp.database import Base, Database
from idp.migrations import upgrading
from idp.upkeep import copying, restoration
from idp.upkeep import restored_codes as restored_codes_of_database

PAUSE = 1.0  # seconds between two tries to reach a database that starts


@click.group("db")
def group() -> None:
    """The database schema."""


group.add_command(database_copies.copy)


@group.command()
@click.option("--wait", type=click.IntRange(min=0), default=0, help="Seconds in which the database may start.")
@pass_context
@reports_errors
def upgrade(context: Context, wait: int) -> None:
    """Bring the database to the schema of this version.

    Safe to run while the previous version still serves. Example: `idp db upgrade`
    """
    database = context.provider.database
    _wait_for(database, wait)
    if copying.is_unfinished(database.writing_engine):
        raise click.ClickException("a copy into this database is not finished: run `idp db copy` again")
    try:
        before, after = upgrading.upgrade(database)
    except migrations.CannotUpgrade as hindrance:
        raise click.ClickException(str(hindrance)) from hindrance
    click.echo(
        f"already at {after}" if before == after else f"upgraded from {before or 'an empty database'} to {after}"
    )


def _wait_for(database: Database, seconds: int) -> None:
    """Wait until the database can be connected to. Raises `OperationalError` if it cannot after that time."""
    end = time.monotonic() + seconds
    while True:
        try:
            with database.session_engine.connect():
                return
        except sa.exc.OperationalError as error:
            if time.monotonic() >= end:
                raise
            click.echo(f"waiting for the database: {said_by(error)}", err=True)
            time.sleep(PAUSE)


@group.command()
@pass_context
@reports_errors
def status(context: Context) -> None:
    """Say which schema the database has, and whether an upgrade is pending.

    Exit status 1 when one is. Example: `idp db status`
    """
    current = migrations.current(context.provider.database)
    click.echo(f"database: {current or 'empty'}\nthis version: {migrations.NEWEST}")
    if current < migrations.NEWEST:
        raise click.exceptions.Exit(1)


@group.command()
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@restored_codes.options
@pass_context
@acts_by_time
def restored(context: Context, reason: str, lines: tuple[Path, ...], codes: str | None) -> None:
    """End what a database that was restored by its own means cannot know: run it before servers and workers start.

    Codes, sessions and messages that waited end, because some were used or sent since the backup: people sign in anew.
    `idp restore` does it by itself.

    Example: `idp db restored --reason "disk broken, case 4720" --lines audit.jsonl`
    """
    database = context.provider.database
    since = CodesSince(lines, codes)
    with database.reading() as tx:
        moment = restoration.newest_event(tx)
        since.require(restored_codes_of_database.are_live(tx))
        ended = since.ended(chain.head(tx))
    click.echo(since.apply(context, ended))
    click.echo(restoration.begin_anew(database, context.origin, taken_at=moment, reason=reason).sentence)


@group.command()
@click.option("--serving", required=True, help="The role of `idp serve`: it cannot change or delete audit events.")
@click.option("--worker", required=True, help="The role of `idp worker` and of the operator's commands.")
@click.option("--apply", "applies", is_flag=True, help="Carry the statements out instead of printing them.")
@pass_context
@reports_errors
def grants(context: Context, serving: str, worker: str, applies: bool) -> None:
    """Print the GRANTs for two PostgreSQL roles that exist already; the owner of the tables runs them.

    Run it again after each `idp db upgrade`: new tables need them too.

    Example: `idp db grants --serving idp_serving --worker idp_worker --apply`
    """
    database = context.provider.database
    if database.writing_engine.dialect.name != "postgresql":
        raise click.ClickException("SQLite has no roles; triggers keep audit events as they are")
    try:
        statements = protection.grants(Base.metadata.tables, serving=serving, worker=worker)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not applies:
        click.echo("\n".join(f"{statement};" for statement in statements))
        return
    with database.writing_engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    click.echo(f"{serving} adds audit events and changes none; {worker} does the rest")
