"""`idp webhooks`: events that programs of the funds hear."""

from datetime import UTC, datetime

import click

from idp.actions.webhooks import replay_webhooks
from idp.commands.context import Context, acts_by_time, pass_context


@click.group("webhooks")
def group() -> None:
    """Web-hooks of programs: send events again."""


@group.command("replay")
@click.argument("client_id")
@click.option("--since", type=click.DateTime(), help="The beginning, in UTC; without it, only what was lost.")
@click.option("--reason", required=True, help="Why; kept in the audit trail (“their server was down, case 4720”).")
@pass_context
@acts_by_time
def replay(context: Context, client_id: str, since: datetime | None, reason: str) -> None:
    """Send a program again what it lost, or was told since a time, with the same ids. Events are kept for a week.

    Example: `idp webhooks replay payroll --reason "their server was down, case 4720"`
    """
    client = context.provider.registry.current().client(client_id)
    if client is None or client.webhook is None:
        raise click.ClickException("no file describes a web-hook of this program")
    click.echo(f"{_replayed(context, client_id, since, reason)} events are sent again")


def _replayed(context: Context, client_id: str, since: datetime | None, reason: str) -> int:
    """A part in each transaction, so that nobody else waits long."""
    begins = since.replace(tzinfo=UTC) if since is not None else None
    total, after = 0, ""
    while True:
        with context.provider.database.transaction(context.origin) as tx:
            part = replay_webhooks(tx, client_id, since=begins, after=after, by=context.actor, reason=reason)
        total, after = total + part.events, part.next
        if not after:
            return total
