"""`idp backup` and `idp restore`: a copy of the embedded database, and the way back from it."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import sqlalchemy as sa

from idp.commands import restored_codes
from idp.commands.context import Context, pass_context, reports_errors
from idp.commands.restored_codes import CodesSince
from idp.migrations import upgrading
from idp.settings import HOME
from idp.upkeep import backups, nodes, restoration
from idp.upkeep.backups import UnusableBackup

STREAM = "-"
POSTGRESQL = "this database is PostgreSQL: use pg_dump and pg_restore, then `idp db restored` (docs/operations.md)"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@pass_context
@reports_errors
def backup(context: Context, file: str) -> None:
    """Write a consistent copy of the SQLite database to FILE while everything runs; `-` writes to standard output.

    FILE must not exist; only its owner can read it. Example: `idp backup - | age -r age1… > idp.backup.age`
    """
    source = _embedded(context)
    with _plain_faults(), tempfile.TemporaryDirectory(dir=source.parent) as folder:
        if file != STREAM:
            backups.copy(source, Path(file))
            click.echo(f"{file}: {Path(file).stat().st_size} bytes")
            return
        copied = Path(folder) / "copy"
        backups.copy(source, copied)
        with copied.open("rb") as stream:
            shutil.copyfileobj(stream, sys.stdout.buffer)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@click.option("--replace", is_flag=True, help="Put the present database aside, if there is one.")
@restored_codes.options
@pass_context
@reports_errors
def restore(
    context: Context, file: str, reason: str, replace: bool, lines: tuple[Path, ...], codes: str | None
) -> None:
    """Make FILE, a copy of `idp backup`, the database of this installation; `-` reads from standard input.

    Stop servers and workers first. Codes, sessions and messages that waited end, because some were used or sent since:
    people sign in anew. Example: `idp restore idp.backup --reason "disk broken, case 4720"`
    """
    target = _embedded(context)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _plain_faults(), tempfile.TemporaryDirectory(dir=target.parent) as folder:
        given = _from_stream(Path(folder) / "given") if file == STREAM else Path(file)
        moment = backups.taken_at(given)
        since = CodesSince(lines, codes)
        since.require(backups.has_live_codes(given))
        ended = since.ended(backups.chain_head(given))
        fresh = Path(folder) / "fresh"
        backups.copy(given, fresh)
        if target.exists() and not replace:
            raise click.ClickException(f"{target} exists; --replace puts it aside")
        _refuse_running(context, target)
        if target.exists():
            _set_aside(context, target)
        elif backups.has_companions(target):  # SQLite would apply the journal of a lost database to the copy
            aside = backups.set_aside(target, f"{target.name}.lost-{context.provider.clock.now():%Y%m%dT%H%M%S}")
            click.echo(f"the journal of a lost database is {aside}-wal")
        fresh.rename(target)
    upgrading.upgrade(context.provider.database)
    told = since.apply(context, ended)
    done = restoration.begin_anew(context.provider.database, context.origin, taken_at=moment, reason=reason)
    click.echo(
        f"restored; the newest event is of {moment or 'never'}\n"
        f"{done.sentence}\n"
        f"{told}\n"
        "Passwords, methods and rights are those of the backup again: read the audit lines written since, and disable\n"
        "again who was disabled. Move the file of audit lines away before the worker starts."
    )


def _embedded(context: Context) -> Path:
    """Return the path of the SQLite database. Raises `ClickException` for any other."""
    url = sa.make_url(context.settings.database.url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise click.ClickException(POSTGRESQL)
    return HOME / url.database


def _set_aside(context: Context, target: Path) -> None:
    aside = backups.set_aside(target, f"{target.name}.before-{context.provider.clock.now():%Y%m%dT%H%M%S}")
    context.provider.database.dispose()
    click.echo(f"the database of before is {aside}")


def _refuse_running(context: Context, target: Path) -> None:
    """Refuse while a process uses the database, even if its file is gone: it would write to the file that is gone."""
    running = [*_named(context, target), *(f"process {number}" for number in backups.holders(target))]
    if running:
        raise click.ClickException(f"stop these first, or they lose what they write: {', '.join(running)}")


def _named(context: Context, target: Path) -> list[str]:
    """Return the processes that say of themselves that they run; none can be named of a database that is gone."""
    if not target.exists():
        return []
    try:
        with context.provider.database.reading() as tx:
            others = nodes.alive(tx, context.provider.sealer)[:-1]
    except sa.exc.DBAPIError:
        return []
    return [node.id for node in others if nodes.may_run(node)]


def _from_stream(path: Path) -> Path:
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


@contextmanager
def _plain_faults() -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise click.ClickException(f"{error} exists already") from error
    except UnusableBackup as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the copy'}: {error.strerror}") from error
