"""`idp db`: the schema of the database."""

import click

from idp import migrations
from idp.commands.context import Context, pass_context, reports_errors
from idp.migrations import upgrading


@click.group("db")
def group() -> None:
    """The database schema."""


@group.command()
@pass_context
@reports_errors
def upgrade(context: Context) -> None:
    """Bring the database to the schema of this version.

    Safe to run while the previous version still serves. Example: `idp db upgrade`
    """
    before, after = upgrading.upgrade(context.provider.database)
    click.echo(
        f"already at {after}" if before == after else f"upgraded from {before or 'an empty database'} to {after}"
    )


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
