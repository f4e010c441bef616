"""`idp letters`: activation letters for insured persons."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TextIO

import click

from idp.actions import letters as actions
from idp.commands import codes_shown, printing
from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, table
from idp.commands.printing import LetterPrinter
from idp.invitations import campaigns, status, validity
from idp.invitations.letters import print_run, print_shop
from idp.invitations.letters.print_run import LetterOrder, SkippedNumber
from idp.invitations.letters.print_shop import Append
from idp.people import insured
from idp.wording import SOURCE_LANGUAGE, Translator

REASON = click.option("--reason", required=True, help="Why; kept in the audit trail (“first wave, pensioners”).")
OUTPUT = click.option(
    "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files."
)
FORMAT = click.option(
    "--format", "kind", type=click.Choice(["pdf", "csv", "both"]), default="pdf", show_default=True,
    help="Letters ready to print, the file for a print shop, or both.",
)  # fmt: skip


@click.group("letters")
def group() -> None:
    """Activation letters: issue, reissue, withdraw, follow."""


@group.command()
@click.argument("numbers", nargs=-1)
@printing.fund_option
@click.option(
    "--list",
    "listed",
    type=click.File(encoding="utf-8"),
    help="A file with a register number a line; - reads standard input.",
)
@click.option("--everyone", is_flag=True, help="Everybody of the register who has no account and no valid letter.")
@OUTPUT
@FORMAT
@REASON
@pass_context
@acts_by_time
def issue(
    context: Context,
    numbers: tuple[str, ...],
    fund_code: str,
    listed: TextIO | None,
    everyone: bool,
    output: Path,
    kind: str,
    reason: str,
) -> None:
    """Write letters for insured persons, by their numbers in the register.

    People who have an account or hold a valid letter are left out, with the reason. Letters come in files of 500
    pages; every file holds codes in clear and is readable by you only. Delete them once printed.

    Example: `idp letters issue --fund AK00 --list numbers.txt --output letters --reason "first wave"`
    """
    chosen = sum((bool(numbers), listed is not None, everyone))
    if chosen != 1:
        raise click.UsageError("name the numbers, or give --list, or --everyone")
    printer = printing.printer(context, fund_code)
    wanted = _everyone(printer) if everyone else _numbers(numbers, listed)
    _print(printer, wanted, output, kind, reason, replace_live=False)


@group.command()
@click.argument("number")
@printing.fund_option
@OUTPUT
@FORMAT
@REASON
@pass_context
@acts_by_time
def reissue(context: Context, number: str, fund_code: str, output: Path, kind: str, reason: str) -> None:
    """Write a new letter for one person; the one they hold dies immediately.

    Example: `idp letters reissue 4711 --fund AK00 --output letters --reason "letter lost, case 812"`
    """
    _print(printing.printer(context, fund_code), iter([number]), output, kind, reason, replace_live=True)


@group.command()
@click.argument("reference")
@REASON
@pass_context
@acts_by_time
def withdraw(context: Context, reference: str, reason: str) -> None:
    """End the letter with this reference; its code is refused from now on.

    Example: `idp letters withdraw 4F7K-22QX --reason "sent to a former address, case 813"`
    """
    codes_shown.withdraw(context, reference, reason)
    click.echo("withdrawn")


@group.command("status")
@click.argument("which", required=False)
@click.option("--fund", "fund_code", default="", help="Code of the fund; needed to search by register number.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@pass_context
@reports_errors
def show_status(context: Context, which: str | None, fund_code: str, as_json: bool) -> None:
    """Show the letters of a person (WHICH: number in the register), one letter (its reference), or the campaigns.

    Examples: `idp letters status 4F7K-22QX`, `idp letters status 4711 --fund AK00`, `idp letters status`
    """
    if which is None:
        _show_campaigns(context, fund_code, as_json)
        return
    with context.provider.database.reading() as tx:
        by_number = insured.by_numbers(tx, fund_code.upper(), [which]) if fund_code else {}
        if which in by_number:
            codes = status.of_subject(tx, by_number[which].id)
        else:
            codes = [codes_shown.by_reference(status.by_reference(tx, which))]
    codes_shown.show(context, codes, as_json)


def _show_campaigns(context: Context, fund_code: str, as_json: bool) -> None:
    with context.provider.database.reading() as tx:
        found = campaigns.newest(tx, fund=fund_code.upper())
    if as_json:
        click.echo(json.dumps([{"campaign": c.id, "fund": c.fund, "reason": c.reason, **c.states} for c in found]))
        return
    rows = [
        (
            f"{c.created_at:%Y-%m-%d}",
            c.fund,
            c.reason,
            ", ".join(f"{n} {state}" for state, n in sorted(c.states.items())),
        )
        for c in found
    ]
    click.echo(table(("ordered", "fund", "reason", "letters"), rows))


def _numbers(given: tuple[str, ...], listed: TextIO | None) -> Iterator[str]:
    lines = listed if listed is not None else given
    return (number for number in (line.strip() for line in lines) if number)


def _everyone(printer: LetterPrinter) -> Iterator[str]:
    with printer.context.provider.database.reading() as tx:
        return iter(insured.without_account(tx, printer.fund.code))


def _print(
    printer: LetterPrinter, numbers: Iterator[str], output: Path, kind: str, reason: str, *, replace_live: bool
) -> None:
    context = printer.context
    folder = printing.folder(output)
    with context.provider.database.transaction(context.origin) as tx:
        campaign = actions.begin_campaign(
            tx, client_id=printer.client.client_id, fund=printer.fund.code, by=context.actor, reason=reason
        )
    order = printer.order(campaign, replace_live=replace_live)
    stem = f"{printer.fund.code}-{printer.letterhead.today:%Y-%m-%d}-{campaign[-6:]}"
    written = 0
    with ExitStack() as stack:
        append = stack.enter_context(print_shop.csv_file(folder / f"{stem}.csv")) if kind != "pdf" else None
        for part, wanted in enumerate(iter(lambda: list(islice(numbers, print_run.PART)), []), start=1):
            pdf = folder / f"{stem}-{part:03d}.pdf" if kind != "csv" else None
            written += _part(printer, order, wanted, pdf, append, reason)
    with context.provider.database.transaction(context.origin) as tx:
        actions.finish_campaign(tx, order, letters=written, by=context.actor, reason=reason)
    last_day = validity.last_day(print_run.expiry(order, context.provider.clock.now()), printer.zone)
    click.echo(f"{written} letters in {folder} ({stem}…), valid until {last_day}")
    if not written:
        raise click.exceptions.Exit(1)


def _part(
    printer: LetterPrinter, order: LetterOrder, numbers: list[str], pdf: Path | None, append: Append | None, reason: str
) -> int:
    database, origin, by = printer.context.provider.database, printer.context.origin, printer.context.actor
    with database.reading() as tx:
        readers, skipped = print_run.select(tx, order, numbers)
    _report(skipped, printer.context.provider.wording.translator(SOURCE_LANGUAGE))
    if not readers:
        return 0
    with database.transaction(origin) as tx:
        drawn = actions.issue_letters(tx, order, readers, by=by, reason=reason)
    letters = print_run.letters(order, drawn)
    if pdf is not None:
        print_run.write_pdf(letters, pdf)
        click.echo(f"{pdf}: {len(letters)} letters", err=True)
    if append is not None:
        append(letters)
    return len(letters)


def _report(skipped: list[SkippedNumber], words: Translator) -> None:
    for skip in skipped:
        click.echo(f"{skip.number}: {words(skip.reason)}", err=True)
