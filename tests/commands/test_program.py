"""Every command explains itself with an example, and the root lists them all."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from idp.commands import main


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize("words", [path for path, _command in commands(main)], ids=" ".join)
def test_every_command_has_an_example_in_its_help(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*words, "--help"])

    assert shown.exit_code == 0
    assert "Example" in shown.output


def test_bad_settings_are_one_sentence_and_no_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDP_SECRETS", raising=False)

    shown = CliRunner().invoke(main, ["db", "status"])

    assert shown.exit_code == 1
    assert "IDP_SECRETS is not set" in shown.output
    assert "Traceback" not in shown.output
