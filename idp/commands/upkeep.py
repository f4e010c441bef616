"""`idp purge` and `idp doctor`: what keeps an installation healthy, by hand."""

import json

import click

from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, table
from idp.upkeep import diagnosis, inactive_accounts, retention


@click.command()
@pass_context
@acts_by_time
def purge(context: Context) -> None:
    """Delete what has been kept long enough, remind and disable who left (`[retention]`); the worker does the same.

    Example: `idp purge`
    """
    done = {**retention.purge(context.provider), "inactive accounts": inactive_accounts.tend(context.provider)}
    click.echo(table(("what", "how many"), [(kind, str(count)) for kind, count in done.items()]))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@pass_context
@reports_errors
def doctor(context: Context, as_json: bool) -> None:
    """Check this installation: settings, files, keys, schema, mail server, queue, clock.

    Exit status 1 when something must be fixed. Example: `idp doctor`
    """
    findings = diagnosis.examine(context.provider, context.faults_of_files())
    if as_json:
        click.echo(json.dumps([{"check": f.check, "verdict": f.verdict, "reason": f.reason} for f in findings]))
    else:
        click.echo(table(("check", "verdict", "reason"), [(f.check, f.verdict, f.reason) for f in findings]))
    if any(f.verdict == diagnosis.BAD for f in findings):
        raise click.exceptions.Exit(1)
