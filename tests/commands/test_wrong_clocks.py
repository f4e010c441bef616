"""A machine whose clock is wrong changes nothing and dates nothing from the command line (rulings 37)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import click
import pytest
import sqlalchemy as sa

from idp.app import create_app
from idp.audit.events.event import Event
from idp.audit.log import AuditEvent, record
from idp.commands import main
from idp.provider import Provider
from idp.settings import Settings
from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock, WrongClock

LOOKING = {
    "audit status", "audit verify", "backup", "brands check", "brands preview", "clients check",
    "clients digest", "clients list", "clients schema", "brands schema",
    "clients secret", "companies show", "db grants", "db status", "db upgrade", "doctor", "init", "invitations list",
    "invitations show", "legacy status", "letters status", "passwords build-filter", "serve", "staff list",
}  # fmt: skip
"""Commands that date nothing and do nothing by the time of day."""
ITSELF = {"restore", "worker"}
"""The embedded database has its machine's clock; a worker waits until the clock is right again
(tests/outages/test_wrong_clocks.py)."""


def _leaves(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, *path, name)
        else:
            yield " ".join((*path, name)), command


COMMANDS: Mapping[str, click.Command] = dict(_leaves(main))
ACTING = sorted(COMMANDS.keys() - LOOKING - ITSELF)


@pytest.fixture(params=[timedelta(days=400), timedelta(seconds=-3)], ids=["ahead", "behind"])
def off(request: pytest.FixtureRequest) -> timedelta:
    found: timedelta = request.param
    return found


@pytest.fixture
def elsewhere(settings: Settings, clock: MovableClock, off: timedelta) -> Iterator[CommandLine]:
    """The command line of a machine whose clock is off."""
    provider: Provider = create_app(settings, flows=(), clock=WrongClock(clock, off)).extensions["provider"]
    yield CommandLine(settings, provider)
    provider.database.dispose()


def _words(command: click.Command, folder: Path) -> Iterator[str]:
    """Everything a command insists on, of the right type."""
    file = folder / "file"
    file.touch()
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name == "yes":
            yield "--yes"
        elif parameter.required:
            path = str(folder if not getattr(parameter.type, "file_okay", True) else file)
            yield from (parameter.opts[0],) if isinstance(parameter, click.Option) else ()
            yield path if isinstance(parameter.type, click.Path) else _word(parameter.type)


def _word(kind: click.ParamType) -> str:
    if isinstance(kind, click.DateTime):
        return "2026-11-01"
    return str(kind.choices[0]) if isinstance(kind, click.Choice) else "1"


def test_the_list_of_looking_commands_names_commands() -> None:
    assert COMMANDS.keys() >= LOOKING | ITSELF


@pytest.mark.parametrize("name", ACTING)
def test_a_command_that_acts_refuses_and_says_how_the_clock_goes(
    elsewhere: CommandLine, off: timedelta, tmp_path: Path, name: str
) -> None:
    way = "ahead of" if off > timedelta(0) else "behind"

    shown = elsewhere(*name.split(), *_words(COMMANDS[name], tmp_path))

    assert shown.exit_code == 1, shown.output
    assert (
        f"nothing was done: this machine's clock is {abs(off).total_seconds():.1f} s {way} the database's"
        in shown.output
    )


def test_nothing_is_deleted_and_nothing_delivered(elsewhere: CommandLine, provider: Provider) -> None:
    with provider.database.transaction() as tx:
        record(tx, Event(person_id="young"))

    assert elsewhere("purge").exit_code == elsewhere("worker", "--once").exit_code == 1

    with provider.database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(AuditEvent)).scalar_one() == 1


def test_the_doctor_says_which_way_the_clock_is_wrong(elsewhere: CommandLine, off: timedelta) -> None:
    way = "ahead of" if off > timedelta(0) else "behind"

    assert f"{abs(off).total_seconds():.1f} s {way} the database's" in elsewhere("doctor").output
