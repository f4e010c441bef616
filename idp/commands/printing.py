"""The part that commands for letters share: the fund they print for, its letterhead, and the order."""

from dataclasses import dataclass
from pathlib import Path

import click

from idp.commands.context import Context
from idp.invitations.letters import fund_letters
from idp.invitations.letters.fund_letters import FundLetters


@dataclass(frozen=True, kw_only=True)
class LetterPrinter(FundLetters):
    """The letters of a fund, at the command line."""

    context: Context


FOLDER = click.Path(file_okay=False, path_type=Path)
fund_option = click.option("--fund", "fund_code", required=True, help="Code of the fund, as in its address (AK00).")


def printer(context: Context, fund_code: str) -> LetterPrinter:
    """Return the fund's printer, or end the command with a message for an unknown code."""
    provider = context.provider
    registry, now = provider.registry.current(), provider.clock.now()
    found = fund_letters.of_fund(registry, provider.settings, provider.wording, now, fund_code)
    if found is None:
        raise click.ClickException(f"no portal's file lists the fund {fund_code}")
    return LetterPrinter(**vars(found), context=context)


def folder(path: Path) -> Path:
    """Return the folder for letters, made if needed, for its owner only: the files hold codes in clear."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    return path
