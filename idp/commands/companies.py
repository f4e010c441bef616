"""`idp companies`: the companies of a fund, and who administers them (B-01, B-45)."""

import json
from functools import partial
from pathlib import Path

import click

from idp.audit.events.imports import ImportFinished
from idp.commands import administrators, codes_shown, printing
from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, table
from idp.commands.importing import import_options, import_settings, run_import
from idp.commands.printing import LetterPrinter
from idp.imports.companies import ADDRESS, Companies
from idp.imports.lines import ImportLine
from idp.imports.run import Tally
from idp.imports.values import BadValue
from idp.invitations import status
from idp.organisations import memberships, organisation

REASON = click.option("--reason", required=True, help="Why; kept in the audit trail (“new member of 3 June”).")


@click.group("companies")
def group() -> None:
    """Companies of a fund: import, add, show, replace the administrators."""


@group.command("import")
@import_options
@printing.fund_option
@pass_context
@acts_by_time
def import_companies(
    context: Context, file: Path, reason: str, errors: Path | None, as_json: bool, fund_code: str
) -> None:
    """Import a fund's companies: CSV with headings, or JSON lines (.jsonl).

    Columns: number, name; and where known language, topics (separated by blanks), address_1 to address_3, postal_code,
    locality, country. Companies already known are updated. Exit status 1 when lines were refused.

    Example: `idp companies import companies.csv --fund AK01 --reason "members of 1 June"`
    """
    printer = printing.printer(context, fund_code)
    client_id, fund = printer.client.client_id, printer.fund.code
    finished = partial(ImportFinished, kind="companies", client_id=client_id, fund=fund, reason=reason)
    run_import(context, _importer(printer), file, errors, as_json, finished)


@group.command()
@click.argument("number")
@click.argument("name")
@printing.fund_option
@click.option("--language", default="", help="Of its letters and mails; the portal's first where not given.")
@click.option("--topic", "topics", multiple=True, help="A topic open to the company; all where none is given.")
@click.option("--address", multiple=True, help="A line of the address: --address “Case postale 7”; up to three.")
@click.option("--postal-code", default="")
@click.option("--locality", default="")
@click.option("--country", default="", help="Two letters; where not given, the letter stays in the country.")
@REASON
@pass_context
@acts_by_time
def add(
    context: Context, /, fund_code: str, topics: tuple[str, ...], address: tuple[str, ...], reason: str, **columns: str
) -> None:
    """Add one company with its number and name; a list of them is imported.

    Example: `idp companies add 100.234 "Menuiserie Favre SA" --fund AK01 --address "Rue du Lac 12"
    --postal-code 1800 --locality Vevey --reason "new member of 3 June"`
    """
    if len(address) > len(ADDRESS):
        raise click.UsageError("--address: three lines at most")
    printer = printing.printer(context, fund_code)
    lines = dict(zip(ADDRESS, address, strict=False))
    given = {column: value.strip() for column, value in (columns | lines).items()}
    try:
        company = _importer(printer).understand(ImportLine(1, given | {"topics": " ".join(topics)}), Tally())
    except BadValue as error:
        raise click.ClickException(str(error)) from error
    if not company.number or not company.name:
        raise click.UsageError("a company has a number and a name")
    with context.provider.database.transaction(context.origin) as tx:
        if organisation.by_number(tx, printer.fund.code, company.number) is not None:
            raise click.ClickException(
                f"the fund {printer.fund.code} has a company {company.number}: import updates it"
            )
        organisation.register(
            tx,
            fund=printer.fund.code,
            number=company.number,
            name=company.name,
            address=company.address,
            language=company.language,
            topics=company.topics,
            reason=reason,
        )
    click.echo("added")


@group.command()
@click.argument("number")
@printing.fund_option
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@pass_context
@reports_errors
def show(context: Context, number: str, fund_code: str, as_json: bool) -> None:
    """Show a company, how many administrators it has, and its invitations.

    Example: `idp companies show 100.234 --fund AK01`
    """
    printer = printing.printer(context, fund_code)
    with context.provider.database.reading() as tx:
        company = administrators.company_of(tx, printer, number)
        active = memberships.count_administrators(tx, company.id)
        codes = status.of_subject(tx, company.id)
    facts = {"id": company.id, "number": number, "name": company.name, "state": company.state}
    if as_json:
        click.echo(json.dumps({**facts, "administrators": active}, ensure_ascii=False))
        return
    click.echo(table(("what", "value"), [*facts.items(), ("active administrators", str(active))]))
    codes_shown.show(context, codes, as_json=False)


@group.command("replace-admin")
@click.argument("number")
@printing.fund_option
@click.option("--letter", "output", required=True, type=printing.FOLDER, help="Folder for the next one's letter.")
@REASON
@pass_context
@acts_by_time
def replace_admin(context: Context, number: str, fund_code: str, output: Path, reason: str) -> None:
    """Take the right from every administrator, and write the letter with which the next one registers.

    The letter goes to the registered address. Administrators who were invited and have not come cannot any more. Users
    keep their access; so do the former administrators, as users.

    Example: `idp companies replace-admin 100.234 --fund AK01 --letter letters --reason "administrator left, case 99"`
    """
    dismissed = administrators.replace(printing.printer(context, fund_code), number, output, reason)
    click.echo(f"administrators who lost the right: {dismissed}")


@group.command()
@click.argument("number")
@printing.fund_option
@REASON
@pass_context
@acts_by_time
def close(context: Context, number: str, fund_code: str, reason: str) -> None:
    """Close a company that left the fund: nobody acts for it any more.

    Its users and administrators lose their access for it at once and are told; they keep their accounts. Invitations
    that are under way end.

    Example: `idp companies close 100.234 --fund AK01 --reason "left the fund on 31 December"`
    """
    lost = administrators.close(printing.printer(context, fund_code), number, reason)
    click.echo(f"closed; members who lost their access: {lost}")


def _importer(printer: LetterPrinter) -> Companies:
    topics = frozenset(topic.id for topic in printer.client.topics)
    return Companies(import_settings(printer.context, printer.client), fund=printer.fund.code, topics=topics)
