"""`idp people`: what the desk does for a person, each act with its reason in the audit trail."""

import json

import click
import sqlalchemy as sa

from idp.actions import closing, disabling, erasure, passwords, unlocking
from idp.actions import consents as withdrawing
from idp.actions import end_sessions as ending
from idp.actions.erasure import OnlyAdministrator
from idp.actions.remove_method import MethodRemoval, remove_method
from idp.audit import timeline
from idp.commands import methods_shown
from idp.commands.context import Context, acts_by_time, pass_context, table
from idp.credentials import passkeys
from idp.credentials.passkeys import PasskeySummary
from idp.database import Transaction
from idp.grants import consents
from idp.messages.recipient import mask_email, mask_phone
from idp.notices.notice import Occasion, without_page
from idp.organisations import organisation
from idp.organisations.opened_portals import portals_opened_by
from idp.people import closures, email_replacements, emails, enrolments, person, phones
from idp.people.email_address import email_key
from idp.people.person import Person
from idp.people.portal_identifiers import PortalIdentifier, identifier_key

REASON = click.option("--reason", required=True, help="Why; kept in the audit trail (“case 4711, identity checked”).")


@click.group("people")
def group() -> None:
    """Persons: find, explain, disable, unlock. Nobody can see or set a password here."""


@group.command()
@click.argument("who")
@click.option("--reveal", is_flag=True, help="Show addresses in full; the look is recorded.")
@pass_context
@acts_by_time
def show(context: Context, who: str, reveal: bool) -> None:
    """Show a person, found by e-mail address, legacy identifier, customer number or id.

    Example: `idp people show anne.rochat@example.ch`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        timeline.looked_up(tx, found.id, revealed=reveal)
        click.echo(table(("what", "value"), _description(tx, found, reveal)))


@group.command()
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def disable(context: Context, who: str, reason: str) -> None:
    """Stop every sign-in and end all access immediately.

    Example: `idp people disable anne.rochat@example.ch --reason "reported stolen, case 4711"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        ended = disabling.disable(tx, found.id, by=context.actor, reason=reason)
        if ended is None:
            raise click.ClickException("this person is not active")
    click.echo(f"disabled; {ended} sessions ended")


@group.command()
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def enable(context: Context, who: str, reason: str) -> None:
    """Allow sign-in again. Nothing that was ended comes back.

    Example: `idp people enable anne.rochat@example.ch --reason "case 4711 closed"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        if not disabling.enable(tx, found.id, by=context.actor, reason=reason):
            raise click.ClickException("this person is not disabled")
    click.echo("enabled")


@group.command()
@click.argument("who")
@REASON
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@pass_context
@acts_by_time
def erase(context: Context, who: str, reason: str, yes: bool) -> None:
    """Erase a person indefinitely, as they have the right to ask; they are told by mail.

    Sessions, portals, password, addresses, companies: everything goes. The audit trail stays as long as the law asks,
    and names them by their id. Nothing can be undone. Portals keep what is theirs: tell them.

    Example: `idp people erase anne.rochat@example.ch --reason "asked by letter, identity checked, case 4714"`
    """
    with context.provider.database.reading() as tx:
        found = find_person(tx, who)
        click.echo(table(("what", "value"), _description(tx, found, reveal=False)))
    if not yes:
        click.confirm("Erase this person for ever?", abort=True)
    with context.provider.database.transaction(context.origin) as tx:
        erased = erasure.erase(tx, found.id, by=context.actor, reason=reason)
        if isinstance(erased, OnlyAdministrator):
            _refuse(tx, erased)
        if not erased:
            raise click.ClickException("this person is erased already")
    click.echo(f"erased; {found.id} is never given to anybody else")


@group.command("keep-account")
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def keep_account(context: Context, who: str, reason: str) -> None:
    """Stop the deletion that a person asked for; they are told by mail.

    They can do so themselves: by signing in, or by the link of the mail.

    Example: `idp people keep-account anne.rochat@example.ch --reason "asked by phone, identity checked, case 4719"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        at = without_page(tx, found.id, context.provider.settings.server.issuer)
        if not closing.keep_account(tx, found.id, at, by=context.actor, why=closing.DESK, reason=reason):
            raise click.ClickException("nobody asked to delete this account")
    click.echo("the account stays")


@group.command("end-sessions")
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def end_sessions(context: Context, who: str, reason: str) -> None:
    """Sign the person out everywhere, portals included.

    Example: `idp people end-sessions anne.rochat@example.ch --reason "phone lost, case 4712"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        ended = ending.end_sessions(tx, found.id, by=context.actor, reason=reason)
    click.echo(f"{ended} sessions ended")


@group.command("require-new-password")
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def require_new_password(context: Context, who: str, reason: str) -> None:
    """Let a password that someone else may know open nothing any more, and sign the person out everywhere.

    The person is told, and chooses another one by « forgot password ».

    Example: `idp people require-new-password anne.rochat@example.ch --reason "found in a leak, case 4716"`
    """
    provider = context.provider
    with provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        opened = portals_opened_by(tx, provider.registry.current(), found.id)
        portal, issuer = next((client.client_id for client in opened), ""), provider.settings.server.issuer
        occasion = Occasion(client_id=portal, issuer=issuer)
        ended = passwords.require_new_password(tx, found.id, occasion, by=context.actor, reason=reason)
        if ended is None:
            raise click.ClickException("this person has no password that opens anything")
    click.echo(f"the password opens nothing any more; {ended} sessions ended")


@group.command("remove-method")
@click.argument("who")
@click.argument("method_id")
@REASON
@pass_context
@acts_by_time
def remove_lost(context: Context, who: str, method_id: str, reason: str) -> None:
    """Remove a lost passkey, authenticator app or list of recovery codes, and sign the person out everywhere.

    METHOD_ID is what `idp people show` prints. The person is told by mail.

    Example: `idp people remove-method anne.rochat@example.ch recovery-codes --reason "list lost, case 4717"`
    """
    registry = context.provider.registry.current()
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        at = without_page(tx, found.id, context.provider.settings.server.issuer)
        outcome = remove_method(tx, registry, found.id, method_id, by=context.actor, at=at, reason=reason)
        if not isinstance(outcome, MethodRemoval):
            raise click.ClickException("this person has no method of this id: see `idp people show`")
    click.echo(f"removed; the person is told (reference {outcome.reference})")


@group.command("withdraw-consent")
@click.argument("who")
@click.argument("client_id")
@REASON
@pass_context
@acts_by_time
def withdraw_consent(context: Context, who: str, client_id: str, reason: str) -> None:
    """Take back what the person allowed a portal to know, and end what the portal holds for them.

    The person is asked again at the next sign-in there.

    Example: `idp people withdraw-consent anne.rochat@example.ch television --reason "asked by phone, case 4715"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        if not withdrawing.withdraw_consent(tx, found.id, client_id, by=context.actor, reason=reason):
            raise click.ClickException(f"this person has allowed {client_id!r} nothing")
    click.echo("withdrawn")


@group.command()
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def unlock(context: Context, who: str, reason: str) -> None:
    """Forget failed tries, so that the person may try again immediately.

    Example: `idp people unlock anne.rochat@example.ch --reason "identity checked by phone, case 4713"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        unlocking.unlock(tx, find_person(tx, who).id, by=context.actor, reason=reason)
    click.echo("unlocked")


@group.command("timeline")
@click.argument("who")
@click.option("--limit", default=50, show_default=True, help="How many events, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@pass_context
@acts_by_time
def show_timeline(context: Context, who: str, limit: int, as_json: bool) -> None:
    """Say in plain words what happened to a person; never a secret.

    Example: `idp people timeline anne.rochat@example.ch`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        timeline.looked_up(tx, found.id, revealed=False)
        entries = timeline.of_person(tx, found.id, limit=limit)
    if as_json:
        click.echo(json.dumps([entry.as_dict() for entry in entries], ensure_ascii=False))
        return
    rows = [(f"{e.at:%Y-%m-%d %H:%M:%S}", e.words, e.reference) for e in entries]
    click.echo(table(("when (UTC)", "what happened", "reference"), rows))


def _refuse(tx: Transaction, refused: OnlyAdministrator) -> None:
    """Others of the company would stand there without one (B-44, B-45)."""
    left = [organisation.by_id(tx, each) for each in refused.organisations]
    numbers = [f"{company.name} ({company.fund} {company.number})" for company in left if company is not None]
    raise click.ClickException(
        f"they are the only administrator of {', '.join(numbers)}: name another one first "
        "(`idp companies replace-admin`)"
    )


def find_person(tx: Transaction, who: str) -> Person:
    """Return the person behind an address, identifier or id. Refuses in a sentence where it is nobody, or several."""
    by_identifier = sa.select(PortalIdentifier.person_id).where(PortalIdentifier.key == identifier_key(who))
    by_email = sa.select(emails.EmailAddress.person_id).where(emails.EmailAddress.key == email_key(who))
    ids = {*tx.session.scalars(by_email), *tx.session.scalars(by_identifier)} or {who}
    if len(ids) > 1:
        raise click.ClickException(f"{len(ids)} persons have this identifier at different portals: use an id")
    found = person.by_id(tx, ids.pop())
    if found is None:
        raise click.ClickException("nobody has this e-mail address, identifier or id")
    return found


def _description(tx: Transaction, found: Person, reveal: bool) -> list[tuple[str, str]]:
    email, phone = emails.of_person(tx, found.id), phones.of_person(tx, found.id)
    address = "" if email is None else email.address if reveal else mask_email(email.address)
    number = "" if phone is None else phone.number if reveal else mask_phone(phone.number)
    last = found.last_sign_in_at
    return [
        ("id", found.id),
        ("name", found.full_name),
        ("state", _state(tx, found)),
        ("e-mail", address + _replacement(tx, found)),
        ("phone", number),
        *methods_shown.rows(tx, found.id),
        ("language", found.language),
        ("portals", ", ".join(enrolments.portals(tx, found.id))),
        ("consents", ", ".join(consent.client_id for consent in consents.of_person(tx, found.id))),
        ("passkeys", "; ".join(map(_passkey, passkeys.listed(tx, found.id)))),
        ("last sign-in (UTC)", f"{last:%Y-%m-%d %H:%M}" if last else "never"),
    ]


def _replacement(tx: Transaction, found: Person) -> str:
    begun = email_replacements.of_person(tx, found.id)
    return f", to be replaced by {mask_email(begun.address)} from {begun.opens_at:%Y-%m-%d}" if begun else ""


def _state(tx: Transaction, found: Person) -> str:
    closure = closures.of_person(tx, found.id)
    return f"{found.state}, to be deleted on {closure.due_at:%Y-%m-%d}" if closure is not None else found.state


def _passkey(each: PasskeySummary) -> str:
    used = f"last used {each.last_used_at:%Y-%m-%d}" if each.last_used_at else "never used"
    return f"{each.name} (added {each.added_at:%Y-%m-%d}, {used})"
