"""The context of every command: the settings, and a provider built from them on first use."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, TypeVar

import click
import sqlalchemy as sa
from alembic.util import CommandError

from idp import secret_files
from idp.actions.actor import Actor
from idp.app import circumstances, create_app, installed_flows
from idp.clients import files
from idp.clients.files import Contents
from idp.clients.problems import InvalidFiles
from idp.database import DatabaseUnavailable, Origin
from idp.migrations import CannotUpgrade
from idp.provider import Provider
from idp.sealing import CannotOpen
from idp.settings import HOME, Settings, SettingsError
from idp.settings_loader import load_settings

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


class Context:
    """Handed to every command by click; builds lazily, so that `--help` needs no configuration."""

    @cached_property
    def settings(self) -> Settings:
        try:
            return load_settings()
        except SettingsError as error:
            raise click.ClickException(str(error)) from error

    @cached_property
    def provider(self) -> Provider:
        try:
            app = create_app(self.settings, flows=installed_flows())
        except InvalidFiles as error:
            raise click.ClickException("\n".join(map(str, error.problems))) from error
        provider: Provider = app.extensions["provider"]
        return provider

    def files(self) -> Contents:
        """Client and brand files as they are, for every environment, read without the database."""
        clients, brands = (HOME / folder for folder in (self.settings.files.clients, self.settings.files.brands))
        judged_by = circumstances(self.settings, secret_files.variables())
        return files.read(clients, brands, replace(judged_by, everywhere=True))

    def faults_of_files(self) -> list[str]:
        """Return the problems of client and brand files; `provider` reports a fault that prevents a start."""
        return [str(problem) for problem in self.provider.registry.problems]

    @property
    def actor(self) -> Actor:
        """The operator."""
        return Actor.operator(_user())

    @property
    def origin(self) -> Origin:
        """The operator, as the audit trail names them."""
        return Origin(actor=self.actor.text)


def _user() -> str:
    """Return the account that typed the command; behind sudo, the one that called it."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


pass_context = click.make_pass_decorator(Context, ensure=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what an operator can fix into one sentence and exit status 1."""
    try:
        yield
    except (DatabaseUnavailable, sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
        raise click.ClickException(f"the database cannot be used: {said_by(error)}; see `idp doctor`") from error
    except CannotUpgrade as error:
        raise click.ClickException(str(error)) from error
    except CannotOpen as error:
        raise click.ClickException("a value needs a key that IDP_SECRETS does not list: see `idp doctor`") from error
    except CommandError as error:
        raise click.ClickException(f"the database has a schema that this version does not know: {error}") from error


def said_by(error: Exception) -> str:
    """Return the database's own message in one line."""
    said = getattr(error.__cause__ or error, "orig", None) or error.__cause__ or error
    return " ".join(str(said).split())


def reports_errors(command: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """Decorate a command so that expected failures read as sentences. A reason has to say something."""

    @wraps(command)
    def wrapped(*arguments: Arguments.args, **options: Arguments.kwargs) -> Returned:
        if not str(options.get("reason", "none is asked")).strip():
            raise click.UsageError("--reason: say why, with a reference to the case")
        with plain_errors():
            return command(*arguments, **options)

    return wrapped


def acts_by_time(
    command: Callable[Concatenate[Context, Arguments], Returned],
) -> Callable[Concatenate[Context, Arguments], Returned]:
    """Decorate a command that changes or dates something: a machine whose clock is wrong does nothing (rulings 37)."""

    @reports_errors
    @wraps(command)
    def wrapped(context: Context, /, *arguments: Arguments.args, **options: Arguments.kwargs) -> Returned:
        refuse_wrong_clock(context)
        return command(context, *arguments, **options)

    return wrapped


def refuse_wrong_clock(context: Context) -> None:
    """Refuse in a sentence where this machine's clock is not the database's."""
    with context.provider.database.reading() as tx:
        fault = tx.shared.fault
    if fault:
        raise click.ClickException(f"nothing was done: {fault}, then try again")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under headings, columns padded to their widest cell."""
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (headings, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def interactive() -> bool:
    return sys.stdout.isatty()
