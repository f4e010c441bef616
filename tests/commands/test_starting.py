"""`idp init`: a new installation's files (P58)."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.commands import main

IDP = Path(sys.executable).parent / "idp"


def init(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["init", str(folder), *options])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = init(tmp_path / "etc", "--issuer", "https://login.fund.example")
    assert made.exit_code == 0, made.output
    return tmp_path / "etc"


@pytest.fixture
def variables(folder: Path) -> dict[str, str]:
    """Return the variables that the printed instructions set."""
    lines = (folder / "secrets").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    return {**kept, **given, "IDP_SETTINGS": str(folder / "settings.toml")}


def idp(variables: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([IDP, *words], env=variables, capture_output=True, text=True, check=False)


def test_a_new_installation_lacks_only_what_its_operator_must_say(variables: dict[str, str]) -> None:
    """RFC 6761 §6.5: the example of a gateway leads nowhere, and the doctor says so."""
    assert idp(variables, "clients", "check").returncode == 0
    assert idp(variables, "brands", "check").returncode == 0
    assert idp(variables, "db", "upgrade").returncode == 0
    assert idp(variables, "worker", "--once").returncode == 0

    report = idp(variables, "doctor").stdout
    faults = {
        re.split(r"\s{2,}", line)[0] for line in report.splitlines() if re.search(r"\s{2}(weak|broken)\s{2}", line)
    }

    assert faults == {"mail server", "SMS"}, report


def test_its_secrets_are_for_its_owner_alone_and_its_own(folder: Path, tmp_path: Path) -> None:
    init(tmp_path / "second")

    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o600
    assert (folder / "secrets").read_text("utf-8") != (tmp_path / "second" / "secrets").read_text("utf-8")


def test_the_secret_of_the_example_portal_is_printed_once_and_not_stored(tmp_path: Path) -> None:
    said = init(tmp_path / "etc").output
    (secret,) = re.findall(r"shown once: (\S{43})", said)

    assert all(secret not in path.read_text("utf-8") for path in (tmp_path / "etc").rglob("*") if path.is_file())


def test_an_existing_file_is_never_overwritten(folder: Path) -> None:
    before = (folder / "settings.toml").read_text("utf-8")

    again = init(folder, "--issuer", "https://other.example")

    assert again.exit_code == 1
    assert "these files exist already" in again.output
    assert (folder / "settings.toml").read_text("utf-8") == before


@pytest.mark.parametrize(
    "issuer", ["http://login.example.ch", "https://login.example.ch/idp", "https://LOGIN", "login"]
)
def test_an_issuer_that_is_no_https_origin_is_refused(tmp_path: Path, issuer: str) -> None:
    refused = init(tmp_path / "etc", "--issuer", issuer)

    assert refused.exit_code == 1
    assert "https address without a path" in refused.output
    assert not (tmp_path / "etc").exists()


def test_the_password_of_a_database_does_not_end_up_where_everybody_reads(tmp_path: Path) -> None:
    given = init(
        tmp_path / "etc", "--issuer", "https://login.example.ch", "--database", "postgresql://idp:hidden@db/idp"
    )

    assert given.exit_code == 1
    assert "PGPASSWORD" in given.output
    assert "hidden" not in given.output
    assert not (tmp_path / "etc").exists()
