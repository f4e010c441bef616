"""`idp sessions`: signing out many people at once. One person is signed out by `idp people end-sessions`."""

from functools import partial

import click

from idp.actions import end_sessions_of_many as many
from idp.actions.end_sessions_of_many import EndBatch
from idp.audit.events.desk import DeskActed
from idp.audit.log import record
from idp.commands.context import Context, acts_by_time, pass_context
from idp.organisations import organisation

ACT = "end-sessions"
BY_OPERATOR = "operator"


@click.group("sessions")
def group() -> None:
    """Sessions of many people."""


@group.command()
@click.option("--all", "everybody", is_flag=True, help="Everybody, everywhere, offline access included.")
@click.option("--portal", "client_id", default="", help="Whoever signed in to this portal, by its client id.")
@click.option("--organisation", "company", nargs=2, default=None, help="The people of a company: fund and number.")
@click.option("--reason", required=True, help="Why; kept in the audit trail (“key of the portal leaked, case 4720”).")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@pass_context
@acts_by_time
def end(
    context: Context, everybody: bool, client_id: str, company: tuple[str, str] | None, reason: str, yes: bool
) -> None:
    """Sign out everybody, everybody at one portal, or everybody of one company. Portals are told.

    People sign in again as usual. Nothing else changes: passwords and codes stay as they are.

    Example: `idp sessions end --portal e-services --reason "its server was broken into, case 4720"`
    """
    if [everybody, bool(client_id), company is not None].count(True) != 1:
        raise click.UsageError("give exactly one of --all, --portal and --organisation")
    if company is not None:
        whom, event, batch = _of_company(context, *company, reason=reason)
    elif client_id:
        whom, event, batch = _at_portal(context, client_id, reason=reason)
    else:
        whom, event = "everybody", DeskActed(act=ACT, reason=reason)
        batch = partial(many.of_everybody, reason=BY_OPERATOR)
    if not yes:
        click.confirm(f"Sign out {whom}?", abort=True)
    with context.provider.database.transaction(context.origin) as tx:
        record(tx, event)
    click.echo(f"signed out {whom}: {_repeated(context, batch)}")


def _at_portal(context: Context, client_id: str, *, reason: str) -> tuple[str, DeskActed, EndBatch]:
    if context.provider.registry.current().client(client_id) is None:
        raise click.ClickException(f"there is no client {client_id!r}; `idp clients list` shows them")
    event = DeskActed(client_id=client_id, act=ACT, reason=reason)
    return (
        f"everybody at {client_id}",
        event,
        lambda tx: many.at_portal(tx, client_id, reason=BY_OPERATOR),
    )


def _of_company(context: Context, fund: str, number: str, *, reason: str) -> tuple[str, DeskActed, EndBatch]:
    with context.provider.database.reading() as tx:
        found = organisation.by_number(tx, fund.upper(), number)
    if found is None:
        raise click.ClickException(f"{fund} has no company with the number {number}")
    event = DeskActed(organisation_id=found.id, act=ACT, reason=reason)
    return (
        f"the people of {found.name}",
        event,
        lambda tx: many.of_organisation(tx, found.id, reason=BY_OPERATOR),
    )


def _repeated(context: Context, batch: EndBatch) -> int:
    """A batch per transaction, so that nobody else waits long."""
    total = 0
    while True:
        with context.provider.database.transaction(context.origin) as tx:
            done = batch(tx)
        if not done:
            return total
        total += done
