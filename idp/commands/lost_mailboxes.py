"""`idp people replace-email`: the desk's answer to someone who lost their mailbox."""

import click

from idp.actions.lost_mailbox import NoReplacement, begin_email_replacement, keep_email
from idp.commands.context import Context, acts_by_time, pass_context
from idp.commands.people import REASON, find_person
from idp.notices.notice import without_page
from idp.people.email_address import Email, normalise_email

REFUSED = {
    "inactive": "this person is not active",
    "no-portal": "this person has an account at no portal, so no page could ask them anything",
    "same": "this is the person's address already",
    "taken": "this address belongs to another account",
}


@click.command("replace-email")
@click.argument("who")
@click.argument("address")
@REASON
@click.option("--identity", required=True, help="How you know who asked (“passport shown at the counter”).")
@pass_context
@acts_by_time
def replace_email(context: Context, who: str, address: str, reason: str, identity: str) -> None:
    """Let a person whose mailbox is lost sign in with another address, after a waiting time.

    Check who they are first. The waiting time is the longest one of their portals. The old mailbox and the phone are
    told; the link mailed to the old mailbox, or a sign-in with a code sent there, cancels it. Afterwards the person
    opens the link mailed to the new address. Whoever is in the register of a fund also gives the code of a new letter
    (`idp letters reissue`).

    Example: `idp people replace-email anne@old.example anne@new.example --reason "case 4720" --identity "passport"`
    """
    provider, new = context.provider, normalise_email(address)
    if not isinstance(new, Email):
        raise click.ClickException(f"{address!r} is not an e-mail address")
    with provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        registry, issuer = provider.registry.current(), provider.settings.server.issuer
        begun = begin_email_replacement(
            tx, registry, found.id, new, issuer, by=context.actor, reason=reason, identity=identity
        )
        if isinstance(begun, NoReplacement):
            raise click.ClickException(REFUSED[begun.why])
    click.echo(f"the new address can be confirmed from {begun.opens_at:%Y-%m-%d %H:%M} UTC on; the person was told")


@click.command("keep-email")
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def keep_email_address(context: Context, who: str, reason: str) -> None:
    """Cancel the replacement of a mailbox: it was found, or someone else asked for it.

    Example: `idp people keep-email anne.rochat@example.ch --reason "she never asked, case 4721"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        at = without_page(tx, found.id, context.provider.settings.server.issuer)
        if not keep_email(tx, found.id, at, by=context.actor, why="desk", reason=reason):
            raise click.ClickException("no replacement of this person's address was begun")
    click.echo("the address stays as it is")
