"""Every command explains itself with an example, and the root lists them all."""

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from idp.commands import main
from idp.settings import HOME


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


def test_the_root_lists_every_command() -> None:
    shown = CliRunner().invoke(main, ["--help"])

    assert set(main.commands) <= set(shown.output.split())


def test_it_says_its_version_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDP_SECRETS", raising=False)

    shown = CliRunner().invoke(main, ["--version"])

    assert shown.exit_code == 0
    assert shown.output == f"vestibule {version('vestibule')}\n"


def test_bad_settings_are_one_sentence_and_no_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDP_SECRETS", raising=False)

    shown = CliRunner().invoke(main, ["db", "status"])

    assert shown.exit_code == 1
    assert "IDP_SECRETS is not set" in shown.output
    assert "Traceback" not in shown.output


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"IDP_SECRETS": ""}, "IDP_SECRETS is not set"), ({"IDP_FILES__CLIENTS": "{folder}"}, "portal.toml: nonsense")],
    ids=["settings", "client file"],
)
def test_the_server_refuses_what_the_operator_must_mend_in_a_sentence(
    tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    (tmp_path / "portal.toml").write_text("nonsense = 1", encoding="utf-8")
    environment = {
        **os.environ,
        "IDP_ENVIRONMENT": "development",
        "IDP_SECRETS": f"test:{b64encode(bytes(32)).decode()}",
        "IDP_DATABASE__URL": f"sqlite:///{tmp_path}/idp.sqlite3",
        "IDP_BIND": "127.0.0.1:0",
        **{name: value.format(folder=tmp_path) for name, value in wrong.items()},
    }

    started = subprocess.run(
        [sys.executable, "-m", "idp", "serve"], env=environment, cwd=HOME, capture_output=True, text=True, timeout=60
    )

    assert started.returncode == 1
    assert said in started.stderr
    assert "Traceback" not in started.stderr


@pytest.mark.parametrize("secret", ["correct horse battery staple", "x" * 43, "", "0f" * 16])
def test_no_digest_is_made_of_a_secret_that_can_be_guessed(secret: str) -> None:
    """RFC 6749 §10.10; ASVS 13.2.3"""
    shown = CliRunner().invoke(main, ["clients", "digest"], input=secret)

    assert shown.exit_code == 1
    assert "secret_digests" not in shown.stdout


def test_a_digest_is_made_of_32_random_characters() -> None:
    assert (
        "secret_digests"
        in CliRunner().invoke(main, ["clients", "digest"], input="9f86d081884c7d659a2feaa0c55ad015").output
    )
