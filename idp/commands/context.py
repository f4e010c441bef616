"""What every command starts from: the settings, and the provider built from them when it is needed."""

import getpass
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, wraps
from importlib.metadata import entry_points
from typing import Any

import click

from idp.app import create_app
from idp.database import DatabaseUnavailable, Origin
from idp.provider import Provider
from idp.settings import Settings, SettingsError, load_settings


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
        app = create_app(self.settings, flows=installed_flows())
        provider: Provider = app.extensions["provider"]
        return provider

    @property
    def origin(self) -> Origin:
        """The operator, as the audit trail names them."""
        return Origin(actor=f"cli:{_user()}")


def installed_flows() -> Sequence[Any]:
    """The journeys of this installation, found by entry point: commands may not import what stands above `idp`."""
    return [flow for point in entry_points(group="vestibule.flows") for flow in point.load()]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


pass_context = click.make_pass_decorator(Context, ensure=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what an operator can mend into one sentence and exit status 1."""
    try:
        yield
    except DatabaseUnavailable as error:
        raise click.ClickException(f"the database cannot be used: {error}") from error


def reports_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command so that expected failures read as sentences."""

    @wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        with plain_errors():
            return command(*arguments, **options)

    return wrapped


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Rows under headings, columns padded to their widest cell."""
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (headings, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def interactive() -> bool:
    return sys.stdout.isatty()
