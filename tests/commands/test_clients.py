"""`idp clients`: check needs the files and nothing else; the list, the schema, a new secret."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp import random_values
from idp.commands import main
from idp.resources import CONFIG
from tests.commands.conftest import CommandLine

ENVIRONMENT = {
    "IDP_ENVIRONMENT": "development",
    "IDP_SECRETS": "a:" + "A" * 43 + "=",
    "IDP_FILES__BRANDS": str(CONFIG / "brands"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "clients"
    folder.mkdir()
    return folder


def check(folder: Path) -> Result:
    """The command in a new installation: there is no database yet."""
    own = {"IDP_FILES__CLIENTS": str(folder), "IDP_DATABASE__URL": f"sqlite:///{folder.parent}/none/idp.sqlite3"}
    return CliRunner().invoke(main, ["clients", "check"], env={**ENVIRONMENT, **own})


def test_files_are_checked_before_there_is_a_database(folder: Path) -> None:
    (folder / "portal.toml").write_text(
        'client_name = "Portal"\nredirect_uris = ["https://portal.example.ch/callback"]\nrequire_pkce = false\n'
        'secret_digests = ["8gdOE1j5gh5Z1-REnRv6RYqsmzYXRU71EDQATK86fTQ"]\n'
    )

    checked = check(folder)

    assert checked.exit_code == 0, checked.output
    assert "1 clients, no fault" in checked.output
    assert "warning: clients/portal.toml: require_pkce: " in checked.output
    assert not (folder.parent / "none").exists()


def test_every_fault_is_told_at_once(folder: Path) -> None:
    (folder / "portal.toml").write_text(
        'client_name = "Portal"\nclient_secret = "x"\nredirect_uris = ["http://a.example.ch/"]\n'
    )
    (folder / "other.toml").write_text("client_name = 5\n[environment.prod]\n")

    checked = check(folder)

    assert checked.exit_code == 1
    for place in (
        "portal.toml: client_secret",
        "portal.toml: redirect_uris[0]",
        "other.toml: client_name",
        "other.toml: environment.prod",
    ):
        assert f"clients/{place}: " in checked.output


def test_every_client_is_listed_with_its_way_to_authenticate(idp: CommandLine) -> None:
    listed = idp("clients", "list")

    assert listed.exit_code == 0, listed.output
    assert re.search(r"^e-services +\S.* (client_secret|private_key)_\w+ ", listed.output, re.MULTILINE), listed.output


@pytest.mark.parametrize(
    ("words", "field"),
    [(("clients", "schema"), "redirect_uris"), (("brands", "schema"), "colours")],
    ids=["client", "brand"],
)
def test_the_schema_of_a_file_names_its_fields(words: tuple[str, ...], field: str) -> None:
    shown = CliRunner().invoke(main, words)

    assert shown.exit_code == 0
    assert field in json.dumps(json.loads(shown.output))


def test_a_new_secret_belongs_to_the_digest_below_it() -> None:
    (secret, digest) = re.findall(r"[\w-]{43}", CliRunner().invoke(main, ["clients", "secret"]).output)

    assert random_values.fingerprint(secret) == digest
