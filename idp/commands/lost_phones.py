"""`idp people replace-phone`: the desk's answer to someone who lost their phone."""

from datetime import timedelta

import click

from idp.clients import policy
from idp.commands.context import Context, acts_by_time, pass_context
from idp.commands.people import REASON, find_person
from idp.notices import notice
from idp.notices.notice import Occasion
from idp.organisations.opened_portals import portals_opened_by
from idp.people import phone_replacements, phones

BEGUN, KEPT = "phone_replacement", "phone_kept"


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
        opened = portals_opened_by(tx, provider.registry.current(), found.id)
        wait = timedelta(seconds=policy.strictest([client.policy.recovery for client in opened]).cooldown)
        reference = phone_replacements.begin(tx, found.id, wait=wait, reason=reason, identity=identity)
        portal, phone = next((client.client_id for client in opened), ""), phones.of_person(tx, found.id)
        occasion = Occasion(client_id=portal, issuer=provider.settings.server.issuer, reference=reference)
        notice.tell(
            tx,
            found.id,
            BEGUN,
            occasion,
            numbers=(phone.number if phone is not None and phone.verified_at is not None else "",),
            opens_at=tx.now + wait,
            link=occasion.link("/login"),
        )
        opens = tx.now + wait
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
        reference = phone_replacements.cancel(tx, found.id, reason=reason)
        if not reference:
            raise click.ClickException("no replacement of this person's phone was begun")
        opened = portals_opened_by(tx, context.provider.registry.current(), found.id)
        portal = next((client.client_id for client in opened), "")
        notice.tell(tx, found.id, KEPT, Occasion(client_id=portal, issuer=""), reference=reference)
    click.echo("the number stays as it is")
