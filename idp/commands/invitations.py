"""`idp invitations`: any registration code by the reference that its letter or mail carries."""

import click

from idp.commands import codes_shown
from idp.commands.context import Context, pass_context, reports_errors
from idp.invitations import status


@click.group("invitations")
def group() -> None:
    """Registration codes of letters and invitations: show, withdraw. The code itself is never shown."""


@group.command("show")
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True, help="Print a list of one object.")
@pass_context
@reports_errors
def show(context: Context, reference: str, as_json: bool) -> None:
    """Show what became of a letter or invitation.

    Example: `idp invitations show 4F7K-22QX`
    """
    with context.provider.database.reading() as tx:
        code = codes_shown.by_reference(status.by_reference(tx, reference))
    codes_shown.show(context, [code], as_json)


@group.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why; kept in the audit trail (“wrong address, case 812”).")
@pass_context
@reports_errors
def withdraw(context: Context, reference: str, reason: str) -> None:
    """End a letter or invitation; its code is refused from now on.

    Example: `idp invitations withdraw 4F7K-22QX --reason "invited the wrong person"`
    """
    codes_shown.withdraw(context, reference, reason)
