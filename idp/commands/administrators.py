"""Who administers a company, as the fund's clerk decides: invited by mail or letter, or replaced (B-01, B-45)."""

from pathlib import Path

import click

from idp.clients.brand import in_language
from idp.commands import printing
from idp.commands.printing import Press
from idp.database import Transaction
from idp.grants.end_access import OrganisationAccess, end_access
from idp.invitations import issuing, mail_invitation, validity, withdrawal
from idp.invitations.issuing import CodeRequest, Issued
from idp.invitations.letters import content, print_run
from idp.invitations.letters.letter import CodeOnPaper, Letter
from idp.invitations.mail_invitation import Invitation
from idp.invitations.registration_code import Channel, Kind
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Dismissed
from idp.organisations.organisation import Organisation
from idp.people import notices
from idp.people.email_address import Email
from idp.wording import SOURCE_LANGUAGE

DISMISSED = "administrator replaced"


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
    lifetime = press.client.policy.invitations.lifetime_days
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, press, number)
        request = _request(tx, press, company, Channel.EMAIL, lifetime, reason)
        link = printing.register_url(context, press.fund)
        return mail_invitation.send(tx, request, Invitation(to=to.address, company=company.name, link=link))


def invite_by_letter(press: Press, number: str, folder: Path, reason: str) -> None:
    """Write the letter to the company's registered address; an invitation that is still valid dies."""
    context = press.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, press, number)
        issued = _draw_letter(tx, press, company, reason)
    _write(press, company, issued, folder)


def replace(press: Press, number: str, folder: Path, reason: str) -> int:
    """Dismiss every administrator and write the letter for the next; how many lost the right.

    All that decides is one transaction; a letter that could not be written is ordered again by the same command.
    """
    context = press.context
    with context.provider.database.transaction(context.origin) as tx:
        company = company_of(tx, press, number)
        withdrawal.withdraw_administrators(tx, company.id, reason=reason)  # first: one accepted meanwhile is dismissed
        dismissed = memberships.dismiss_administrators(tx, company.id, reason=reason)
        for each in dismissed:
            end_access(tx, person_id=each.membership.person_id, scope=OrganisationAccess(company.id), reason=DISMISSED)
            _tell(tx, press, company, each)
        issued = _draw_letter(tx, press, company, reason)
    _write(press, company, issued, folder)
    return len(dismissed)


def _draw_letter(tx: Transaction, press: Press, company: Organisation, reason: str) -> Issued:
    _refuse_unprintable(press, company)
    return issuing.issue(tx, _request(tx, press, company, Channel.LETTER, press.stationery.lifetime_days, reason))


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


def _tell(tx: Transaction, press: Press, company: Organisation, dismissed: Dismissed) -> None:
    """Mail a dismissed administrator their rights from now on; it is the fund that changed them (B-51)."""
    seat = dismissed.membership
    own = notices.language_of(tx, seat.person_id or "") or company.language
    language = press.translator(own).language
    notices.tell(
        tx,
        seat.person_id or "",
        "rights_changed",
        reference=dismissed.reference,
        client_id=press.client.client_id,
        language=language,
        company=company.name,
        administrator=press.fund.name_in(language),
        is_administrator=False,
        topics=[in_language(t.label, language) for t in press.client.topics if t.id in seat.topics],
    )
