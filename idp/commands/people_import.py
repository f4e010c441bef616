"""`idp people import`: people who sign in with the customer number and password they always had."""

from functools import partial
from pathlib import Path

import click

from idp.audit.events.imports import ImportFinished
from idp.commands.context import Context, acts_by_time, pass_context
from idp.commands.importing import import_options, import_settings, portal, run_import
from idp.imports.customers import Customers


@click.command("import")
@import_options
@click.option("--portal", "client_id", required=True, help="Client id of the portal whose customers they are.")
@pass_context
@acts_by_time
def import_people(
    context: Context, file: Path, reason: str, errors: Path | None, as_json: bool, client_id: str
) -> None:
    """Import a portal's customers: CSV with headings, or JSON lines (.jsonl).

    Columns: number, email, given_name, family_name; and where known phone, birth_date, honorific, language, hash,
    scheme. Addresses and phones count as proved by the system they come from. People who exist already are left alone.
    Fast hashes are wrapped while they are read, about 40 a second. Exit status 1 when lines were refused.

    Example: `idp people import customers.csv --portal espace-personnel --reason "customers of 1 June"`
    """
    client = portal(context, client_id)
    importer = Customers(context.provider.hasher, import_settings(context, client), portal=client.client_id)
    finished = partial(ImportFinished, kind="customers", client_id=client.client_id, reason=reason)
    run_import(context, importer, file, errors, as_json, finished)
