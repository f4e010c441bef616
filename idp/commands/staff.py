"""`idp staff`: who works at the desk. Nobody can set or see a credential here."""

import click

from idp.codes.service import UnsentCode
from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, table
from idp.database import Transaction
from idp.people.email_address import Email, normalise_email
from idp.staff import accounts, appointments, employing, passkeys
from idp.staff.accounts import StaffAccount
from idp.staff.appointments import Appointment, Role
from idp.staff.employing import StaffInvitee

REASON = click.option("--reason", required=True, help="Why; kept in the audit trail (“joins the team on 1 June”).")
ROLE = click.option("--role", required=True, type=click.Choice([each.value for each in Role]), help="What they may do.")
FUNDS = click.option("--fund", "funds", multiple=True, help="Code of a fund; may be repeated.")
PORTALS = click.option("--portal", "portals", multiple=True, help="Client id of a portal, with all its funds.")


@click.group("staff")
def group() -> None:
    """Staff of the desk: invited, given roles, disabled, removed. They sign in at /desk with a passkey."""


@group.command()
@click.argument("address")
@click.option("--name", required=True, help="First and last name, as colleagues see it.")
@ROLE
@FUNDS
@PORTALS
@click.option("--language", default="", help="Of mails and pages; the first of pages.languages where not given.")
@REASON
@pass_context
@acts_by_time
def invite(
    context: Context,
    address: str,
    name: str,
    role: str,
    funds: tuple[str, ...],
    portals: tuple[str, ...],
    language: str,
    reason: str,
) -> None:
    """Mail an invitation: a link and a code, with which the member of staff makes a passkey.

    Invite someone again who lost their device: the new passkey replaces the earlier ones, and they keep their roles.

    Example: `idp staff invite claire@fund.example.ch --name "Claire Favre" --role clerk --fund AK01 --reason "joins"`
    """
    provider = context.provider
    invitee = StaffInvitee(
        _email(address),
        name.strip(),
        language or provider.settings.pages.languages[0],
        _appointments(context, role, funds, portals),
    )
    with provider.database.transaction(context.origin) as tx:
        sent = employing.invite(tx, provider.limiter, provider.settings, invitee, by=context.actor, reason=reason)
        if isinstance(sent, UnsentCode):
            raise click.ClickException(f"nothing was sent: the next mail can go out at {sent.retry_at:%H:%M:%S} UTC")
    click.echo("invited; the link and the code are good for 24 hours")


@group.command("list")
@pass_context
@reports_errors
def show_list(context: Context) -> None:
    """List the staff with their roles, states and passkeys.

    Example: `idp staff list`
    """
    with context.provider.database.reading() as tx:
        rows = [_row(tx, each) for each in accounts.everybody(tx)]
    click.echo(table(("address", "name", "state", "roles", "passkeys", "last sign-in (UTC)"), rows))


@group.command()
@click.argument("address")
@click.option("--role", type=click.Choice([each.value for each in Role]), help="None: they may do nothing any more.")
@FUNDS
@PORTALS
@REASON
@pass_context
@acts_by_time
def roles(
    context: Context, address: str, role: str | None, funds: tuple[str, ...], portals: tuple[str, ...], reason: str
) -> None:
    """Replace what a member of staff may do, and where. It takes effect with their next click.

    Example: `idp staff roles claire@fund.example.ch --role supervisor --fund AK01 --reason "leads the team"`
    """
    wanted = _appointments(context, role, funds, portals) if role else ()
    with context.provider.database.transaction(context.origin) as tx:
        account = _account(tx, address)
        employing.appoint(tx, account.id, wanted, by=context.actor, reason=reason)
    click.echo("; ".join(map(str, wanted)) or "no role any more")


@group.command()
@click.argument("address")
@REASON
@pass_context
@acts_by_time
def disable(context: Context, address: str, reason: str) -> None:
    """Stop every sign-in of a member of staff and end their sessions immediately; an invitation opens it again.

    Example: `idp staff disable claire@fund.example.ch --reason "laptop stolen, case 4720"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        if not employing.disable(tx, _account(tx, address).id, by=context.actor, reason=reason):
            raise click.ClickException("this account is disabled already")
    click.echo("disabled; all sessions ended")


@group.command()
@click.argument("address")
@REASON
@pass_context
@acts_by_time
def remove(context: Context, address: str, reason: str) -> None:
    """Remove a member of staff; the audit trail can name them for another year.

    Example: `idp staff remove claire@fund.example.ch --reason "left on 30 June"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        employing.remove(tx, _account(tx, address).id, by=context.actor, reason=reason)
    click.echo("removed; all sessions ended")


def _email(address: str) -> Email:
    email = normalise_email(address)
    if not isinstance(email, Email):
        raise click.ClickException(f"{address!r} is no e-mail address")
    return email


def _account(tx: Transaction, address: str) -> StaffAccount:
    found = accounts.by_email(tx, _email(address))
    if found is None:
        raise click.ClickException("nobody of the staff has this address")
    return found


def _appointments(
    context: Context, role: str, funds: tuple[str, ...], portals: tuple[str, ...]
) -> tuple[Appointment, ...]:
    places = [Appointment(role, fund=each.upper()) for each in funds]
    places += [Appointment(role, portal=each) for each in portals]
    wanted = tuple(places) or (Appointment(role),)
    if faults := appointments.unknown_places(wanted, context.provider.registry.current()):
        raise click.UsageError("; ".join(faults))
    return wanted


def _row(tx: Transaction, account: StaffAccount) -> tuple[str, ...]:
    last = account.last_sign_in_at
    return (
        account.email,
        account.name,
        account.state,
        "; ".join(map(str, appointments.of_staff(tx, account.id))) or "none",
        str(len(passkeys.of_staff(tx, account.id))),
        f"{last:%Y-%m-%d %H:%M}" if last else "never",
    )
