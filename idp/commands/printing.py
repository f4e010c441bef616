"""The part that commands for letters share: the fund they print for, its letterhead, and the order."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from idp.clients.brand import Fund
from idp.clients.client import Client
from idp.commands.context import Context
from idp.invitations.letters.content import Letterhead
from idp.wording import Translator


@dataclass(frozen=True)
class LetterPrinter:
    """A fund, its portal, and what its letters have in common."""

    context: Context
    client: Client
    fund: Fund
    letterhead: Letterhead

    def translator(self, language: str) -> Translator:
        """The words of a letter: the reader's language as far as the portal offers it, the portal's own wording."""
        offered = self.client.policy.languages or self.context.provider.settings.pages.languages
        chosen = language if language in offered else offered[0]
        return self.context.provider.wording.translator(
            chosen, self.letterhead.brand.wording, country=self.letterhead.brand.country
        )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.context.provider.settings.pages.time_zone)


FOLDER = click.Path(file_okay=False, path_type=Path)
fund_option = click.option("--fund", "fund_code", required=True, help="Code of the fund, as in its address (AK00).")


def printer(context: Context, fund_code: str) -> LetterPrinter:
    """Return the fund's printer, or end the command with a message for an unknown code."""
    provider = context.provider
    registry = provider.registry.current()
    fund, client = registry.fund(fund_code), registry.client_of_fund(fund_code)
    if fund is None or client is None:
        raise click.ClickException(f"no portal's file lists the fund {fund_code}")
    letters = client.policy.letters
    letterhead = Letterhead(
        brand=registry.brand_of(client),
        fund=fund,
        register_url=register_url(context, fund),
        today=provider.clock.now().astimezone(ZoneInfo(provider.settings.pages.time_zone)).date(),
        lifetime_days=letters.lifetime_days,
        asks_birth_date=letters.second_knowledge == "birth_date",
    )
    return LetterPrinter(context, client, fund, letterhead)


def register_url(context: Context, fund: Fund) -> str:
    """Return where a code of this fund is entered."""
    return f"{context.provider.settings.server.issuer}/{fund.code}/register"


def folder(path: Path) -> Path:
    """Return the folder for letters, made if needed, for its owner only: the files hold codes in clear."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    return path
