"""`idp invitations`: invitations of administrators and users of companies, each by its reference (B-01, B-48)."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from idp.commands import administrators, codes_shown, printing
from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, table
from idp.invitations import status, validity
from idp.invitations.registration_code import RegistrationCodeState
from idp.people.email_address import Email, normalise_email

STATES = (
    RegistrationCodeState.CREATED,
    RegistrationCodeState.SENT,
    RegistrationCodeState.OPENED,
    RegistrationCodeState.USED,
    RegistrationCodeState.EXPIRED,
    RegistrationCodeState.WITHDRAWN,
    RegistrationCodeState.REPLACED,
)
REASON = click.option("--reason", required=True, help="Why; kept in the audit trail (“form of 3 June”).")


@click.group("invitations")
def group() -> None:
    """Invitations to companies: send, list, show, cancel. The code itself is never shown."""


@group.command()
@click.argument("number")
@printing.fund_option
@click.option("--email", "to", help="Send it to this address.")
@click.option("--letter", "output", type=printing.FOLDER, help="Write it as a letter into this folder.")
@REASON
@pass_context
@acts_by_time
def send(context: Context, number: str, fund_code: str, to: str | None, output: Path | None, reason: str) -> None:
    """Invite a company's administrator by mail or by letter; an invitation that is still valid dies immediately.

    The letter goes to the company's registered address. Administrators there already stay: `idp companies
    replace-admin` takes their right.

    Example: `idp invitations send 100.234 --fund AK01 --email claire.favre@example.ch --reason "form of 3 June"`
    """
    if (to is None) == (output is None):
        raise click.UsageError("give --email or --letter")
    printer = printing.printer(context, fund_code)
    if to is not None:
        issued = administrators.invite_by_mail(printer, number, _address(to), reason)
        last_day = validity.last_day(issued.expires_at, printer.zone)
        click.echo(f"invitation {issued.reference} queued, valid until {last_day}")
    elif output is not None:
        administrators.invite_by_letter(printer, number, output, reason)


@group.command("list")
@printing.fund_option
@click.option("--company", "number", default="", help="Number of a company: only its invitations.")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state now.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@pass_context
@reports_errors
def list_invitations(context: Context, fund_code: str, number: str, state: str | None, as_json: bool) -> None:
    """List the invitations to a fund's companies, the newest first; a user's that was cancelled names no company.

    Example: `idp invitations list --fund AK01 --state expired`
    """
    fund = printing.printer(context, fund_code).fund.code
    now = context.provider.clock.now()
    zone = ZoneInfo(context.provider.settings.pages.time_zone)
    with context.provider.database.reading() as tx:
        found = list(status.invitations(tx, fund, company=number))
    wanted = [each for each in found if state is None or each.code.state_at(now) == state]
    if as_json:
        objects = [codes_shown.described(each.code, now, zone) | {"company": each.company} for each in wanted]
        click.echo(json.dumps(objects, ensure_ascii=False))
        return
    rows = [(each.company, *codes_shown.row(each.code, now, zone)) for each in wanted]
    click.echo(table(("company", *codes_shown.HEADINGS), rows))


@group.command()
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True, help="Print a list of one object.")
@pass_context
@reports_errors
def show(context: Context, reference: str, as_json: bool) -> None:
    """Show what became of a letter or invitation.

    Example: `idp invitations show 4F7K-22QX`
    """
    with context.provider.database.reading() as tx:
        code = codes_shown.by_reference(status.by_reference(tx, reference))
    codes_shown.show(context, [code], as_json)


@group.command()
@click.argument("reference")
@REASON
@pass_context
@acts_by_time
def cancel(context: Context, reference: str, reason: str) -> None:
    """End an invitation: its code is refused from now on, and an invited user leaves the company's list.

    Example: `idp invitations cancel 4F7K-22QX --reason "invited the wrong person"`
    """
    codes_shown.withdraw(context, reference, reason)
    click.echo("cancelled")


def _address(written: str) -> Email:
    email = normalise_email(written)
    if not isinstance(email, Email):
        raise click.UsageError("--email: not an e-mail address")
    return email
