"""`idp db copy`: from the embedded database to PostgreSQL."""

import sqlite3
from pathlib import Path

import click
import sqlalchemy as sa

from idp import migrations
from idp.audit.events.desk import DatabaseCopied
from idp.audit.log import record
from idp.commands.context import Context, acts_by_time, pass_context
from idp.database import Database
from idp.migrations import upgrading
from idp.reach import is_encrypted, is_on_this_machine
from idp.settings import HOME
from idp.upkeep import backups, copying, nodes
from idp.upkeep.copying import CannotCopy

DRIVER = "postgresql+psycopg"


@click.command()
@click.option("--from", "source", required=True, help="The SQLite database: sqlite:///var/idp.sqlite3")
@click.option("--to", "target", default="", help="An empty PostgreSQL database; without it, that of the settings.")
@pass_context
@acts_by_time
def copy(context: Context, source: str, target: str) -> None:
    """Copy an SQLite database into PostgreSQL, and check that every row is the same.

    Stop servers and workers first. A copy that was interrupted continues when the same command is run again.

    Example: `IDP_DATABASE__URL=postgresql+psycopg://… idp db copy --from sqlite:///var/idp.sqlite3`
    """
    path = _file(source)
    address = _server(context, target or context.settings.database.url)
    _refuse_running(context, path)
    engine = sa.create_engine(address, hide_parameters=True)
    database = Database(engine, engine, context.provider.clock, context.provider.sealer)
    try:
        with copying.locked(path) as locked:
            _prepare(database)
            _copy(context, locked, database)
    except CannotCopy as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.dispose()


def _copy(context: Context, source: sqlite3.Connection, target: Database) -> None:
    rows = 0
    for done in copying.copy(source, target):
        rows += done.rows
        before = f", {done.rows - done.added} of them by an earlier run" if done.rows > done.added else ""
        click.echo(f"{done.name}: {done.rows} rows the same{before}, sha256 {done.digest}")
    with target.transaction(context.origin) as tx:
        copying.finish(tx.connection)
        record(tx, DatabaseCopied(rows=rows))
    click.echo(f"{rows} rows copied; set database.url to the new database, then start servers and workers")


def _prepare(target: Database) -> None:
    """Give a target without tables the schema of this version. Raises `CannotCopy` where it cannot have it."""
    if copying.is_unfinished(target.writing_engine):
        return
    _before, after = upgrading.upgrade(target)
    if after != migrations.NEWEST:
        raise CannotCopy("the target has the schema of a newer version")


def _address(option: str, text: str) -> sa.URL:
    try:
        return sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise click.ClickException(f"{option}: this is no address of a database") from error


def _file(address: str) -> Path:
    url = _address("--from", address)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise click.ClickException("--from: an SQLite database is expected, as sqlite:///var/idp.sqlite3")
    path = HOME / url.database
    if not path.is_file():
        raise click.ClickException(f"--from: {path} is not there")
    return path


def _server(context: Context, address: str) -> sa.URL:
    url = _address("--to", address)
    if url.get_backend_name() != "postgresql":
        raise click.ClickException("--to: a PostgreSQL database is expected, as postgresql+psycopg://…")
    if context.settings.environment == "production" and not is_encrypted(address) and not is_on_this_machine(address):
        raise click.ClickException("--to: production needs TLS to another machine: add sslmode=verify-full")
    return url.set(drivername=DRIVER)


def _refuse_running(context: Context, path: Path) -> None:
    """Refuse while a process uses the source: what it writes meanwhile would be lost."""
    running = [f"process {number}" for number in backups.holders(path)]
    engine = sa.create_engine(f"sqlite:///{path}")
    database = Database(engine, engine, context.provider.clock, context.provider.sealer)
    with database.reading() as tx:
        said = nodes.alive(tx, context.provider.sealer)[:-1]
    database.dispose()
    running += [node.id for node in said if nodes.may_run(node)]
    if running:
        raise click.ClickException(f"stop these first, or what they write is lost: {', '.join(running)}")
