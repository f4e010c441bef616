"""`idp insured`: the register of insured persons, for letters."""

from functools import partial
from pathlib import Path

import click

from idp.audit.events.imports import ImportFinished
from idp.commands import printing
from idp.commands.context import Context, acts_by_time, pass_context
from idp.commands.importing import import_options, import_settings, run_import
from idp.imports.insured_persons import InsuredPersons


@click.group("insured")
def group() -> None:
    """The registers of insured persons."""


@group.command("import")
@import_options
@printing.fund_option
@pass_context
@acts_by_time
def import_register(
    context: Context, file: Path, reason: str, errors: Path | None, as_json: bool, fund_code: str
) -> None:
    """Import a fund's register: CSV with headings, or JSON lines (.jsonl).

    Columns: number, given_name, family_name; and where known honorific, birth_date, language, address_1 to address_3,
    postal_code, locality, country. People already known are updated. Exit status 1 when lines were refused.

    Example: `idp insured import register.csv --fund AK00 --reason "register of 1 June"`
    """
    printer = printing.printer(context, fund_code)
    settings = import_settings(context, printer.client)
    importer = InsuredPersons(settings, fund=printer.fund.code, home=printer.letterhead.brand.country)
    client_id, fund = printer.client.client_id, printer.fund.code
    finished = partial(ImportFinished, kind="insured-persons", client_id=client_id, fund=fund, reason=reason)
    run_import(context, importer, file, errors, as_json, finished)
