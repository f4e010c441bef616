"""`idp keys`: the signing keys, and the keys of the environment."""

import click

from idp.commands.context import Context, acts_by_time, pass_context, table
from idp.upkeep import lost_secrets, resealing
from idp.upkeep.credential_checks import under_no_key


@click.group("keys")
def group() -> None:
    """Signing keys, and the secrets that seal what is stored."""


@group.command("list")
@pass_context
@acts_by_time
def list_keys(context: Context) -> None:
    """List the signing keys with their state: announced, active, retired.

    Example: `idp keys list`
    """
    rows = [
        (k.kid, k.algorithm, k.state, f"{k.signs_from:%Y-%m-%d %H:%M}", f"{k.until:%Y-%m-%d %H:%M}")
        for k in _published(context)
    ]
    click.echo(table(("key", "algorithm", "state", "signs from (UTC)", "next change (UTC)"), rows))


@group.command()
@click.option("--algorithm", default="", help="Only this algorithm; otherwise every configured one.")
@click.option(
    "--now", is_flag=True, help="Sign with the new key as soon as every process publishes it: seconds, not a day."
)
@pass_context
@acts_by_time
def rotate(context: Context, algorithm: str, now: bool) -> None:
    """Make a new signing key; the old one stays published until the last token it signed has expired.

    Example: `idp keys rotate --algorithm ES256`
    """
    configured = context.settings.keys.algorithms
    if algorithm and algorithm not in configured:
        raise click.ClickException(f"{algorithm} is not among keys.algorithms: {', '.join(configured)}")
    for chosen in (algorithm,) if algorithm else configured:
        made = context.provider.signing_keys.rotate(chosen, soon=now)
        click.echo(f"{chosen}: {made.kid} signs from {made.signs_from:%Y-%m-%d %H:%M:%S} UTC")


@group.command()
@click.argument("kid")
@click.confirmation_option(prompt="Tokens signed by this key will be refused at once. Withdraw it?")
@pass_context
@acts_by_time
def withdraw(context: Context, kid: str) -> None:
    """Take a compromised key out of the key set immediately.

    Example: `idp keys withdraw 01980f1c-… --yes`
    """
    if kid not in {key.kid for key in _published(context)}:
        raise click.ClickException(f"there is no key {kid}; `idp keys list` shows them")
    context.provider.signing_keys.withdraw(kid)
    click.echo(f"{kid} is withdrawn")


@group.command()
@pass_context
@acts_by_time
def reseal(context: Context) -> None:
    """Seal stored values again under the first key of IDP_SECRETS, and say what still needs an older one.

    Example: `IDP_SECRETS=2026-12:…,2026-06:… idp keys reseal`
    """
    report = resealing.reseal(context.provider)
    rows = [(kind, str(done.resealed), str(done.waiting)) for kind, done in report.items()]
    click.echo(table(("what", "sealed again", "still under an older key"), rows))


@group.command()
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
@acts_by_time
def abandon(context: Context, reason: str, yes: bool) -> None:
    """Give up what no key of IDP_SECRETS opens, because a key is lost for good. Signing keys are made anew.

    docs/operations.md, "The secrets are lost", says what people do then.

    Example: `idp keys abandon --reason "safe burnt, case 4725"`
    """
    with context.provider.database.reading() as tx:
        counts = under_no_key(tx, context.provider.sealer)
        knowing = lost_secrets.known_elsewhere(tx)
    if not counts:
        click.echo("nothing is lost: each value opens under a key of IDP_SECRETS")
        return
    if knowing:
        raise click.ClickException(f"nothing was done: {', '.join(knowing)} knows a key that this command does not")
    click.echo(table(("what", "lost"), [(kind, str(count)) for kind, count in counts.items()]))
    if not yes:
        click.confirm("No copy of the missing key will open these values any more. Give them up?", abort=True)
    lost_secrets.abandon(context.provider, context.origin, reason=reason)
    click.echo("given up; new signing keys sign from now on")


def _published(context: Context):  # type: ignore[no-untyped-def]
    context.provider.signing_keys.tend()
    return context.provider.signing_keys.published()
