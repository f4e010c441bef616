"""The options of `idp restore` and `idp db restored` about registration codes that ended since the backup."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from idp.audit.chain import ChainHead
from idp.commands.audit_lines import lines_of
from idp.commands.context import Context
from idp.upkeep import restored_codes
from idp.upkeep.restored_codes import UnusableLines

Command = TypeVar("Command", bound=Callable[..., object])
END, KEEP = "end", "keep"


@dataclass(frozen=True)
class CodesSince:
    """The operator's answer: the audit lines that know, or what happens to all codes."""

    lines: tuple[Path, ...]
    codes: str | None

    def require(self, live: bool) -> None:
        """Refuse where codes are valid and nothing says which of them were withdrawn. Raises `ClickException`."""
        if live and not self.lines and self.codes is None:
            raise click.ClickException(
                "codes of letters and invitations are valid in this backup, and some may have been withdrawn since: "
                "give the audit lines (--lines audit.jsonl), or say --codes end or --codes keep"
            )

    def ended(self, mark: ChainHead) -> list[str]:
        """Return the ids of the codes that the lines say ended, before anything is changed.

        Raises `ClickException` for lines that do not fit the backup, which ends at `mark`.
        """
        try:
            return restored_codes.ended_since(mark, lines_of(self.lines)) if self.lines else []
        except UnusableLines as error:
            raise click.ClickException(f"nothing was changed: --lines: {error}") from error

    def apply(self, context: Context, ended: list[str]) -> str:
        """End the codes, and return a sentence."""
        database, origin = context.provider.database, context.origin
        if self.lines:
            again = restored_codes.end(database, origin, ended)
            return f"codes of letters and invitations that ended since the backup and were ended again: {again}"
        if self.codes == END:
            return f"codes of letters and invitations that ended: {restored_codes.end_all(database, origin)}"
        return "codes of letters and invitations are those of the backup again"


def options(command: Command) -> Command:
    """Add both options to a command, as `lines` and `codes`."""
    lines = click.option(
        "--lines",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file of audit lines written since the backup; rotated ones first. Ends the codes that they say ended.",
    )
    codes = click.option(
        "--codes", type=click.Choice([END, KEEP]), help="Without such lines: what happens to all codes."
    )
    return lines(codes(command))
