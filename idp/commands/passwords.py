"""`idp passwords`: what passwords are judged by."""

from pathlib import Path

import click

from idp.commands.context import reports_errors
from idp.credentials import breached
from idp.credentials.breached import UnusableFilter

MEGABYTE = 1_000_000


@click.group("passwords")
def group() -> None:
    """Manage the lists that passwords are checked against."""


@group.command("build-filter")
@click.argument("listing", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "path", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option(
    "--bytes",
    "width",
    default=6,
    show_default=True,
    type=click.IntRange(min(breached.WIDTHS), max(breached.WIDTHS)),
    help="Of each digest: fewer make a smaller file that refuses more innocent passwords.",
)
@click.option("--at-least", default=1, show_default=True, help="Leave out passwords that were seen less often.")
@reports_errors
def build_filter(listing: Path, path: Path, width: int, at_least: int) -> None:
    """Build a filter of breached passwords from LISTING: SHA-1 digests, one a line, ordered by hash.

    Example: `idp passwords build-filter pwned-passwords-sha1-ordered-by-hash.txt --to breached.bin --at-least 10`
    """
    try:
        with listing.open("rb") as lines:
            built = breached.build(lines, path, width=width, at_least=at_least)
    except UnusableFilter as error:
        raise click.ClickException(f"{listing}, {error}") from error
    size = f"{built.size / MEGABYTE:.1f} MB"
    click.echo(f"{built.entries} passwords, {size}; refuses {built.false_positives:.2g} of the innocent ones")
    click.echo(f'to use it: [passwords] breached_filter = "{path.resolve()}", and restart')
