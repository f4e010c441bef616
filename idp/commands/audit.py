"""`idp audit`: the security events that left the database."""

from pathlib import Path

import click

from idp.audit import chain
from idp.audit.chain import ChainFault
from idp.commands.audit_lines import lines_of
from idp.commands.context import Context, pass_context, reports_errors


@click.group("audit")
def group() -> None:
    """The lines of the audit trail outside the database (`[audit]`)."""


@group.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@click.option("--complete", is_flag=True, help="Ask the database whether these lines end where the chain ends.")
@pass_context
@reports_errors
def verify(context: Context, files: tuple[Path, ...], complete: bool) -> None:
    """Find a line that was changed, is missing, repeated or out of order.

    Give rotated files in their order, the oldest first. Exit status 1 when something is wrong. Without `--complete` it
    needs no database, and cannot see that the newest lines are gone.

    Example: `idp audit verify audit.jsonl.1 audit.jsonl`
    """
    found = chain.verify(lines_of(files))
    if isinstance(found, ChainFault):
        raise click.ClickException(found.reason)
    first, last = found
    if complete:
        with context.provider.database.reading() as tx:
            head = chain.head(tx)
        if head != last:
            raise click.ClickException(f"the chain ends at event {head.sequence}, these lines at {last.sequence}")
    click.echo(f"events {first.sequence} to {last.sequence}, nothing is changed or missing; last hash {last.hash}")


@group.command()
@pass_context
@reports_errors
def status(context: Context) -> None:
    """Say how far the lines were written, with the hash of the last: note it elsewhere, and nobody rewrites the file.

    Example: `idp audit status`
    """
    with context.provider.database.reading() as tx:
        head, waiting = chain.head(tx), chain.is_waiting(tx)
    click.echo(f"written: {head.sequence}\nlast hash: {head.hash}\nmore waits: {'yes' if waiting else 'no'}")
