"""`idp purge` and `idp doctor`: what keeps an installation healthy, by hand."""

import json

import click

from idp.commands.context import Context, acts_by_time, pass_context, reports_errors, table
from idp.upkeep import diagnosis, inactive_accounts, nodes, retention
from idp.upkeep import fleet as fleets
from idp.upkeep.diagnosis import Finding
from idp.upkeep.fleet import ComparedNode


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
@click.option("--fleet", is_flag=True, help="Compare all nodes instead: versions, configurations, clocks, keys.")
@pass_context
@reports_errors
def doctor(context: Context, as_json: bool, fleet: bool) -> None:
    """Check this installation: settings, files, keys, schema, mail server, queue, clock.

    With `--fleet` it says which node differs from the others, and in what. Exit status 1 when something must be
    fixed. Example: `idp doctor`
    """
    findings = _of_fleet(context, as_json) if fleet else diagnosis.examine(context.provider, context.faults_of_files())
    if as_json:
        click.echo(json.dumps([{"check": f.check, "verdict": f.verdict, "reason": f.reason} for f in findings]))
    else:
        click.echo(table(("check", "verdict", "reason"), [(f.check, f.verdict, f.reason) for f in findings]))
    if any(f.verdict == diagnosis.BAD for f in findings):
        raise click.exceptions.Exit(1)


def _of_fleet(context: Context, as_json: bool) -> list[Finding]:
    """Return what differs between the nodes, with their list printed above it unless a program reads this."""
    with context.provider.database.reading() as tx:
        known, own = nodes.reported(tx), nodes.this_process(tx, context.provider)
    if not as_json:
        rows = [_row(each) for each in fleets.compare(known, own)]
        click.echo(table(("node", "kind", "processes", "version", "clock", "last seen (UTC)"), rows) + "\n")
    return fleets.examine(known, own) or [Finding(fleets.CHECK, diagnosis.GOOD)]


def _row(node: ComparedNode) -> tuple[str, ...]:
    version, seen = node.configuration.version or "?", f"{node.seen_at:%H:%M:%S}"
    return node.machine, node.role, str(node.processes), version, f"{node.deviation:+.1f} s", seen
