"""`idp legacy`: accounts of a portal's former directory that wait for their owners to migrate."""

import json
from functools import partial
from pathlib import Path

import click
import sqlalchemy as sa

from idp.audit.events.imports import ImportFinished
from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, table
from idp.commands.importing import import_options, import_settings, portal, run_import
from idp.imports import wrapping
from idp.imports.legacy_accounts import LegacyAccounts
from idp.people import legacy
from idp.people.legacy import LegacyAccount

COUNTS = (
    sa.select(
        LegacyAccount.portal,
        LegacyAccount.state,
        sa.func.count(),
        sa.func.sum(sa.case((sa.and_(LegacyAccount.wrapped.is_(False), LegacyAccount.hash != ""), 1), else_=0)),
    )
    .group_by(LegacyAccount.portal, LegacyAccount.state)
    .order_by(LegacyAccount.portal, LegacyAccount.state)
)


@click.group("legacy")
def group() -> None:
    """Former directories: import their accounts, wrap their hashes, follow their migration."""


@group.command("import")
@import_options
@click.option("--portal", "client_id", required=True, help="Client id of the portal whose directory it was.")
@pass_context
@acts_by_time
def import_accounts(
    context: Context, file: Path, reason: str, errors: Path | None, as_json: bool, client_id: str
) -> None:
    """Import a directory: CSV with headings, or JSON lines (.jsonl).

    Columns: identifier, hash; and where known scheme, given_name, family_name, honorific, birth_date, language, email,
    phone, state (open, locked, closed). Bad lines are reported by number, all others stored. It can be run again:
    unchanged lines and migrated accounts are left alone. Exit status 1 when lines were refused.

    Example: `idp legacy import directory.csv --portal e-services --reason "directory of 1 June" --errors bad.txt`
    """
    client = portal(context, client_id)
    if client.policy.legacy is None:
        raise click.ClickException(f"the file of {client_id} has no [policy.legacy]: its identifiers have no form")
    importer = LegacyAccounts(
        context.provider.sealer,
        import_settings(context, client),
        portal=client.client_id,
        pattern=client.policy.legacy.pattern,
        started=context.provider.clock.now(),
    )
    finished = partial(ImportFinished, client_id=client.client_id, kind="legacy-accounts", reason=reason)
    run_import(context, importer, file, errors, as_json, finished)


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@pass_context
@reports_errors
def status(context: Context, as_json: bool) -> None:
    """Say how many accounts wait, are migrated, and still have a fast hash that is not wrapped.

    Example: `idp legacy status`
    """
    with context.provider.database.reading() as tx:
        rows = [tuple(row) for row in tx.execute(COUNTS)]
    if as_json:
        names = ("portal", "state", "accounts", "unwrapped")
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    click.echo(table(("portal", "state", "accounts", "not wrapped yet"), [tuple(map(str, row)) for row in rows]))


@group.command()
@click.option("--portal", "client_id", required=True, help="Client id of the portal whose directory it was.")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@click.argument("identifier")
@pass_context
@acts_by_time
def reopen(context: Context, client_id: str, reason: str, identifier: str) -> None:
    """Let an account migrate whose migration was contested from its known address.

    Example: `idp legacy reopen CVCI00001234 --portal e-services --reason "identity checked by telephone"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        if not legacy.reopen(tx, portal(context, client_id).client_id, identifier, reason=reason):
            raise click.ClickException("there is no contested account of this name")
    click.echo("The account can be migrated again.")


@group.command()
@pass_context
@acts_by_time
def wrap(context: Context) -> None:
    """Wrap every imported fast hash in Argon2id now; the worker does the same in the background.

    About 40 a second and processor. May be stopped and started again. Example: `idp legacy wrap`
    """
    total = 0
    while count := wrapping.wrap_some(context.provider.database, context.provider.hasher, context.origin):
        total += count
    click.echo(f"{total} hashes wrapped")
