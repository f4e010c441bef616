"""`idp companies`: the companies of a fund, and the invitation of their administrators (B-01, B-45)."""

import json
from functools import partial
from pathlib import Path

import click

from idp.audit.events.imports import ImportFinished
from idp.commands import codes_shown, printing
from idp.commands.context import Context, pass_context, reports_errors, table
from idp.commands.importing import import_options, import_settings, run_import
from idp.commands.printing import Press
from idp.database import Transaction
from idp.imports.companies import Companies
from idp.invitations import issuing, mail_invitation, status, validity
from idp.invitations.issuing import CodeRequest
from idp.invitations.letters import content, print_run
from idp.invitations.letters.letter import CodeOnPaper, Letter
from idp.invitations.mail_invitation import Invitation
from idp.invitations.registration_code import Channel, Kind
from idp.organisations import memberships, organisation
from idp.organisations.organisation import Organisation
from idp.people.email_address import Email, normalise_email
from idp.wording import SOURCE_LANGUAGE


@click.group("companies")
def group() -> None:
    """Companies of a fund: import, show, invite an administrator."""


@group.command("import")
@import_options
@printing.fund_option
@pass_context
@reports_errors
def import_companies(
    context: Context, file: Path, reason: str, errors: Path | None, as_json: bool, fund_code: str
) -> None:
    """Import a fund's companies: CSV with headings, or JSON lines (.jsonl).

    Columns: number, name; and where known language, topics (separated by blanks), address_1 to address_3, postal_code,
    locality, country. Companies already known are updated. Exit status 1 when lines were refused.

    Example: `idp companies import companies.csv --fund AK01 --reason "members of 1 June"`
    """
    press = printing.press(context, fund_code)
    topics = frozenset(topic.id for topic in press.client.topics)
    importer = Companies(import_settings(context, press.client), fund=press.fund.code, topics=topics)
    client_id, fund = press.client.client_id, press.fund.code
    finished = partial(ImportFinished, kind="companies", client_id=client_id, fund=fund, reason=reason)
    run_import(context, importer, file, errors, as_json, finished)


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
    press = printing.press(context, fund_code)
    with context.provider.database.reading() as tx:
        company = _company(tx, press, number)
        administrators = memberships.count_administrators(tx, company.id)
        codes = status.of_subject(tx, company.id)
    facts = {"id": company.id, "number": number, "name": company.name, "state": company.state}
    if as_json:
        click.echo(json.dumps({**facts, "administrators": administrators}, ensure_ascii=False))
        return
    click.echo(table(("what", "value"), [*facts.items(), ("active administrators", str(administrators))]))
    codes_shown.show(context, codes, as_json=False)


@group.command()
@click.argument("number")
@printing.fund_option
@click.option("--email", "to", help="Send the invitation to this address.")
@click.option("--letter", "output", type=click.Path(file_okay=False, path_type=Path), help="Write it as a letter here.")
@click.option("--reason", required=True, help="Why; kept in the audit trail (“first administrator, form of 3 June”).")
@pass_context
@reports_errors
def invite(context: Context, number: str, fund_code: str, to: str | None, output: Path | None, reason: str) -> None:
    """Invite a company's administrator by mail or by letter; an invitation that is still valid dies at once.

    The letter goes to the company's registered address: that is the way when no administrator is left.

    Example: `idp companies invite 100.234 --fund AK01 --letter letters --reason "administrator left, case 99"`
    """
    if (to is None) == (output is None):
        raise click.UsageError("give --email or --letter")
    press = printing.press(context, fund_code)
    if to is not None:
        _invite_by_mail(press, number, _address(to), reason)
    elif output is not None:
        _invite_by_letter(press, number, output, reason)


def _invite_by_mail(press: Press, number: str, to: Email, reason: str) -> None:
    context = press.context
    lifetime = press.client.policy.invitations.lifetime_days
    with context.provider.database.transaction(context.origin) as tx:
        company = _company(tx, press, number)
        request = _request(tx, press, company, Channel.EMAIL, lifetime, reason)
        link = printing.register_url(context, press.fund)
        issued = mail_invitation.send(tx, request, Invitation(to=to.address, company=company.name, link=link))
    click.echo(f"invitation {issued.reference} queued, valid until {validity.last_day(issued.expires_at, press.zone)}")


def _invite_by_letter(press: Press, number: str, output: Path, reason: str) -> None:
    context, folder = press.context, printing.folder(output)
    with context.provider.database.transaction(context.origin) as tx:
        company = _company(tx, press, number)
        _refuse_unprintable(press, company)
        lifetime = press.stationery.lifetime_days
        issued = issuing.issue(tx, _request(tx, press, company, Channel.LETTER, lifetime, reason))
    pdf = folder / f"{press.fund.code}-{issued.reference}.pdf"
    print_run.write_pdf([_letter(press, company, print_run.on_paper(issued))], pdf)
    with context.provider.database.transaction(context.origin) as tx:
        issuing.mark_sent(tx, [issued.code_id])
    click.echo(f"{pdf}: valid until {validity.last_day(issued.expires_at, press.zone)}")


def _letter(press: Press, company: Organisation, code: CodeOnPaper) -> Letter:
    return content.for_company(press.translator(company.language), press.stationery, code, company)


def _refuse_unprintable(press: Press, company: Organisation) -> None:
    if not content.address_lines(company):
        raise click.ClickException("this company has no postal address")
    if reason := print_run.reason_not_to_print(_letter(press, company, print_run.UNPRINTED)):
        raise click.ClickException(press.context.provider.wording.translator(SOURCE_LANGUAGE)(reason))


def _request(
    tx: Transaction, press: Press, company: Organisation, channel: str, lifetime_days: int, reason: str
) -> CodeRequest:
    return CodeRequest(
        kind=Kind.ADMINISTRATOR,
        channel=channel,
        client_id=press.client.client_id,
        subject_id=company.id,
        expires_at=validity.after_days(tx.now, lifetime_days, press.zone),
        language=press.translator(company.language).language,
        fund=press.fund.code,
        organisation_id=company.id,
        reason=reason,
    )


def _company(tx: Transaction, press: Press, number: str) -> Organisation:
    company = organisation.by_number(tx, press.fund.code, number)
    if company is None:
        raise click.ClickException(f"the fund {press.fund.code} has no company {number}")
    if company.state != organisation.ACTIVE:
        raise click.ClickException(f"the company {number} is {company.state}")
    return company


def _address(written: str) -> Email:
    email = normalise_email(written)
    if not isinstance(email, Email):
        raise click.UsageError("--email: not an e-mail address")
    return email
