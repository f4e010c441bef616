"""`idp webhooks`: events that programs of the funds hear."""

from datetime import UTC, datetime

import click

from idp.commands.context import Context, acts_by_time, pass_context
from idp.events import webhooks


@click.group("webhooks")
def group() -> None:
    """Web-hooks of programs: send events again."""


@group.command("replay")
@click.argument("client_id")
@click.option("--since", required=True, type=click.DateTime(), help="The beginning, in UTC.")
@pass_context
@acts_by_time
def replay(context: Context, client_id: str, since: datetime) -> None:
    """Send a program again what it was told since then, with the same ids. Events are kept for a week.

    Example: `idp webhooks replay payroll --since "2026-11-28 06:00:00"`
    """
    provider = context.provider
    client = provider.registry.current().client(client_id)
    if client is None or client.webhook is None:
        raise click.ClickException("no file describes a web-hook of this program")
    with provider.database.transaction(context.origin) as tx:
        count = webhooks.replay(tx, client_id, since=since.replace(tzinfo=UTC))
    click.echo(f"{count} events are sent again")
