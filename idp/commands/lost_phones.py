"""`idp people replace-phone`: the desk's answer to someone who lost their phone."""

import click

from idp.actions import lost_phones
from idp.commands.context import Context, acts_by_time, pass_context
from idp.commands.people import REASON, find_person


@click.command("replace-phone")
@click.argument("who")
@REASON
@click.option("--identity", required=True, help="How you know who asked (“passport shown at the counter”).")
@pass_context
@acts_by_time
def replace_phone(context: Context, who: str, reason: str, identity: str) -> None:
    """Let a person whose phone is lost give a new number, after a waiting time.

    Check who they are first. The waiting time is the longest one of their portals. Mailbox and old number are told;
    whoever signs in with the old phone meanwhile cancels it. Afterwards the person signs in with their password and a
    code from their mailbox, or with a new letter (`idp letters reissue`), and gives the new number.

    Example: `idp people replace-phone anne.rochat@example.ch --reason "phone lost, case 4717" --identity "passport"`
    """
    provider = context.provider
    with provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        if not found.is_active:
            raise click.ClickException("this person is not active")
        opens = lost_phones.replace_phone(
            tx,
            provider.registry.current(),
            found.id,
            issuer=provider.settings.server.issuer,
            by=context.actor,
            reason=reason,
            identity=identity,
        )
    click.echo(f"a new number can be given from {opens:%Y-%m-%d %H:%M} UTC on; the person was told")


@click.command("keep-phone")
@click.argument("who")
@REASON
@pass_context
@acts_by_time
def keep_phone(context: Context, who: str, reason: str) -> None:
    """Cancel the replacement of a phone: it was found, or someone else asked for it.

    Example: `idp people keep-phone anne.rochat@example.ch --reason "she never asked, case 4718"`
    """
    with context.provider.database.transaction(context.origin) as tx:
        found = find_person(tx, who)
        registry = context.provider.registry.current()
        if not lost_phones.keep_phone(tx, registry, found.id, by=context.actor, reason=reason):
            raise click.ClickException("no replacement of this person's phone was begun")
    click.echo("the number stays as it is")
