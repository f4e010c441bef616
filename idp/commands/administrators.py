"""Decisions of the fund's clerk on a company: administrators invited or replaced, the company closed (B-01, B-45)."""

from pathlib import Path

import click

from idp.actions import invitations
from idp.actions.administrators import replace_administrators
from idp.actions.companies import close_company
from idp.actions.invitations import Sender
from idp.commands import printing
from idp.commands.printing import LetterPrinter
from idp.database import Transaction
from idp.invitations import issuing, validity
from idp.invitations.issuing import IssuedRegistrationCode
from idp.invitations.letters import content, print_run
from idp.invitations.letters.letter import CodeOnPaper, Letter
from idp.organisations import organisation
from idp.organisations.organisation import Organisation
from idp.people.email_address import Email
from idp.wording import SOURCE_LANGUAGE


def company_of(tx: Transaction, printer: LetterPrinter, number: str) -> Organisation:
    """Return the fund's active company with this number. Refuses any other in a sentence."""
    company = organisation.by_number(tx, printer.fund.code, number)
    if company is None:
        raise click.ClickException(f"the fund {printer.fund.code} has no company {number}")
    if company.state != organisation.ACTIVE:
        raise click.ClickException(f"the company {number} is {company.state}")
    return company


def invite_by_mail(printer: LetterPrinter, number: str, to: Email, reason: str) -> IssuedRegistrationCode:
    """Queue the mail; an invitation that is still valid dies."""
    context = printer.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, printer, number)
        sender = _sender(printer, company)
        return invitations.mail_administrator(tx, company, to.address, sender, by=context.actor, reason=reason)


def invite_by_letter(printer: LetterPrinter, number: str, folder: Path, reason: str) -> None:
    """Write the letter to the company's registered address; an invitation that is still valid dies."""
    context = printer.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, printer, number)
        _refuse_unprintable(printer, company)
        sender = _sender(printer, company)
        issued = invitations.draw_administrator(tx, company, sender, by=context.actor, reason=reason)
    _write(printer, company, issued, folder)


def replace(printer: LetterPrinter, number: str, folder: Path, reason: str) -> int:
    """Dismiss every administrator and write the letter for the next; how many lost the right.

    All that decides is one transaction; a letter that could not be written is ordered again by the same command.
    """
    context = printer.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, printer, number)
        _refuse_unprintable(printer, company)
        sender = _sender(printer, company)
        dismissed, issued = replace_administrators(tx, company, sender, by=context.actor, reason=reason)
    _write(printer, company, issued, folder)
    return dismissed


def close(printer: LetterPrinter, number: str, reason: str) -> int:
    """Close the company; how many members lost their access for it."""
    context = printer.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, printer, number)
        return close_company(tx, company, _sender(printer, company), by=context.actor, reason=reason) or 0


def _write(printer: LetterPrinter, company: Organisation, issued: IssuedRegistrationCode, folder: Path) -> None:
    context = printer.context
    pdf = printing.folder(folder) / f"{printer.fund.code}-{issued.reference}.pdf"
    print_run.write_pdf([_letter(printer, company, print_run.on_paper(issued))], pdf)
    with context.provider.database.transaction(context.origin) as tx:
        issuing.mark_sent(tx, [issued.code_id])
    click.echo(f"{pdf}: valid until {validity.last_day(issued.expires_at, printer.zone)}")


def _letter(printer: LetterPrinter, company: Organisation, code: CodeOnPaper) -> Letter:
    return content.for_company(printer.translator(company.language), printer.letterhead, code, company)


def _refuse_unprintable(printer: LetterPrinter, company: Organisation) -> None:
    if not content.address_lines(company):
        raise click.ClickException("this company has no postal address")
    if reason := print_run.reason_not_to_print(_letter(printer, company, print_run.UNPRINTED)):
        raise click.ClickException(printer.context.provider.wording.translator(SOURCE_LANGUAGE)(reason))


def _sender(printer: LetterPrinter, company: Organisation) -> Sender:
    return invitations.sender_to(company, printer, printer.context.provider.settings.server.issuer)
