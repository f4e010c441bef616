"""Show and withdraw registration codes, whatever they were issued for. Never the code itself."""

import json
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from idp.actions import invitations
from idp.commands.context import Context, table
from idp.invitations import status, validity
from idp.invitations.registration_code import RegistrationCodeDetails

HEADINGS = ("reference", "kind", "by", "state", "issued", "last day", "opened", "used", "reason")


def show(context: Context, codes: Sequence[RegistrationCodeDetails], as_json: bool) -> None:
    """The codes with their state of this moment, as a table or a list of objects."""
    now = context.provider.clock.now()
    zone = ZoneInfo(context.provider.settings.pages.time_zone)
    if as_json:
        click.echo(json.dumps([described(code, now, zone) for code in codes]))
        return
    click.echo(table(HEADINGS, [row(code, now, zone) for code in codes]))


def withdraw(context: Context, reference: str, reason: str) -> None:
    """Withdraw the live code with this reference; with a user's invitation goes the line in the company's list."""
    with context.provider.database.transaction(context.origin) as tx:
        code = by_reference(status.by_reference(tx, reference))
        if not invitations.withdraw_code(tx, code, by=context.actor, reason=reason):
            raise click.ClickException(f"this code cannot be withdrawn: it is {code.state_at(tx.now)}")


def by_reference(found: RegistrationCodeDetails | None) -> RegistrationCodeDetails:
    """Return the code that a search by reference found, or end the command with a message."""
    if found is None:
        raise click.ClickException("no letter or invitation has this reference")
    return found


def row(code: RegistrationCodeDetails, now: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    """Return the cells under `HEADINGS`."""
    return (
        code.reference,
        code.kind,
        code.channel,
        code.state_at(now),
        _day(code.created_at, zone),
        f"{validity.last_day(code.expires_at, zone):%Y-%m-%d}",
        _day(code.opened_at, zone),
        _day(code.used_at, zone),
        code.reason,
    )


def described(code: RegistrationCodeDetails, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Return the same with names, for programs."""
    names = ("reference", "kind", "channel", "state", "issued", "last_day", "opened", "used", "reason")
    return dict(zip(names, row(code, now, zone), strict=True)) | {"campaign": code.campaign_id, "fund": code.fund}


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d}" if moment else ""
