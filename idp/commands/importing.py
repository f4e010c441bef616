"""The part that all `import` commands share: progress, bad lines, the tally, the audit event."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO, TypeVar

import click
from sqlalchemy.exc import IntegrityError

from idp.audit import log
from idp.audit.events.imports import ImportFinished
from idp.clients.client import Client
from idp.commands.context import Context, interactive, table
from idp.imports import run
from idp.imports.lines import BadLine, UnusableFile
from idp.imports.run import Importer, Tally
from idp.imports.values import ImportSettings, settings_of_portal

SHOWN = 20

Command = TypeVar("Command", bound=Callable[..., object])
Understood = TypeVar("Understood")

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_ERRORS = click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every refused line's number and reason here.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as one object.")
_REASON = click.option("--reason", required=True, help="Why; kept in the audit trail (“migration of the directory”).")


def import_options(command: Command) -> Command:
    """Return the argument and options that all imports share: FILE, --reason, --errors, --json."""
    for option in (_JSON, _ERRORS, _REASON, _FILE):
        command = option(command)
    return command


def portal(context: Context, client_id: str) -> Client:
    """Return the client of this id. Refuses an unknown one in a sentence."""
    client = context.provider.registry.current().client(client_id)
    if client is None:
        raise click.ClickException(f"no client is called {client_id}")
    return client


def import_settings(context: Context, client: Client) -> ImportSettings:
    """Values are judged by the provider's languages and countries, numbers without prefix by the brand's country."""
    provider = context.provider
    return settings_of_portal(provider.settings, provider.registry.current(), client, provider.clock)


def run_import(
    context: Context,
    importer: Importer[Understood],
    file: Path,
    errors: Path | None,
    as_json: bool,
    finished: Callable[..., ImportFinished],
) -> None:
    """Run it, record the `finished` event with its counts, and say how it went.

    Exit status 1 when lines were refused; the others are stored nevertheless.
    """
    with ExitStack() as stack:
        report = stack.enter_context(errors.open("w", encoding="utf-8")) if errors else None
        try:
            tally = run.load(
                context.provider.database,
                context.origin,
                importer,
                file,
                refused=_RefusedLines(report),
                progress=_Progress(file.stat().st_size),
            )
        except UnusableFile as error:
            raise click.ClickException(str(error)) from error
        except IntegrityError as error:
            raise click.ClickException("another import runs at the same time: start this one again after it") from error
    with context.provider.database.transaction(context.origin) as tx:
        counts = {"created": tally.created, "updated": tally.updated, "unchanged": tally.unchanged}
        log.record(tx, finished(**counts, refused=tally.refused))
    _say(tally, as_json)
    if tally.refused:
        raise click.exceptions.Exit(1)


class _RefusedLines:
    """Writes refused lines to the report, or the first of them to the terminal."""

    def __init__(self, report: TextIO | None) -> None:
        self._report = report
        self._seen = 0

    def __call__(self, line: BadLine) -> None:
        self._seen += 1
        words = f"line {line.number}: {line.reason}"
        if self._report is not None:
            self._report.write(f"{words}\n")
        elif self._seen <= SHOWN:
            click.echo(words, err=True)
        elif self._seen == SHOWN + 1:
            click.echo("further refused lines are counted only: use --errors FILE to see all", err=True)


class _Progress:
    """Keeps one line of the terminal up to date; silent where there is no terminal."""

    def __init__(self, size: int) -> None:
        self._size = max(size, 1)
        self._shown = interactive()

    def __call__(self, tally: Tally, position: int) -> None:
        if self._shown:
            share = min(100 * position // self._size, 100)
            click.echo(f"\r{share:3d} %  {tally.seen} lines, {tally.refused} refused", nl=False, err=True)
            if position >= self._size:
                click.echo(err=True)


def _say(tally: Tally, as_json: bool) -> None:
    counts = {name: getattr(tally, name) for name in ("created", "updated", "unchanged", "refused")}
    if as_json:
        click.echo(json.dumps({**counts, "notes": dict(tally.notes)}, ensure_ascii=False))
        return
    rows = [*counts.items(), *sorted(tally.notes.items())]
    click.echo(table(("lines", "number"), [(name, str(count)) for name, count in rows]))
