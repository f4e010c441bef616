"""Who administers a company, as the fund's clerk decides: invited by mail or letter, or replaced (B-01, B-45)."""

from pathlib import Path

import click

from idp.actions import invitations
from idp.actions.administrators import replace_administrators
from idp.actions.invitations import Sender
from idp.commands import printing
from idp.commands.printing import Press
from idp.database import Transaction
from idp.invitations import issuing, validity
from idp.invitations.issuing import Issued
from idp.invitations.letters import content, print_run
from idp.invitations.letters.letter import CodeOnPaper, Letter
from idp.notices.notice import Occasion
from idp.organisations import organisation
from idp.organisations.organisation import Organisation
from idp.people.email_address import Email
from idp.wording import SOURCE_LANGUAGE


def company_of(tx: Transaction, press: Press, number: str) -> Organisation:
    """The fund's active company with this number. Refuses any other in a sentence."""
    company = organisation.by_number(tx, press.fund.code, number)
    if company is None:
        raise click.ClickException(f"the fund {press.fund.code} has no company {number}")
    if company.state != organisation.ACTIVE:
        raise click.ClickException(f"the company {number} is {company.state}")
    return company


def invite_by_mail(press: Press, number: str, to: Email, reason: str) -> Issued:
    """Queue the mail; an invitation that is still valid dies."""
    context = press.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, press, number)
        sender = _sender(press, company)
        return invitations.mail_administrator(tx, company, to.address, sender, by=context.actor, reason=reason)


def invite_by_letter(press: Press, number: str, folder: Path, reason: str) -> None:
    """Write the letter to the company's registered address; an invitation that is still valid dies."""
    context = press.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, press, number)
        _refuse_unprintable(press, company)
        sender = _sender(press, company)
        issued = invitations.draw_administrator(tx, company, sender, by=context.actor, reason=reason)
    _write(press, company, issued, folder)


def replace(press: Press, number: str, folder: Path, reason: str) -> int:
    """Dismiss every administrator and write the letter for the next; how many lost the right.

    All that decides is one transaction; a letter that could not be written is ordered again by the same command.
    """
    context = press.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, press, number)
        _refuse_unprintable(press, company)
        sender = _sender(press, company)
        dismissed, issued = replace_administrators(tx, company, sender, by=context.actor, reason=reason)
    _write(press, company, issued, folder)
    return dismissed


def _write(press: Press, company: Organisation, issued: Issued, folder: Path) -> None:
    context = press.context
    pdf = printing.folder(folder) / f"{press.fund.code}-{issued.reference}.pdf"
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


def _sender(press: Press, company: Organisation) -> Sender:
    """The fund's portal, in the language of the company."""
    language = press.translator(company.language).language
    issuer = press.context.provider.settings.server.issuer
    return Sender(
        press.client, Occasion(client_id=press.client.client_id, issuer=issuer, language=language), press.zone
    )
