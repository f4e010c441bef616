"""Lines of the operators' page, typed as they stand there: backups through age, encrypted secrets, a new database."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from idp.settings_loader import load_settings
from tests.rules.source import ROOT
from tests.support.postgresql import Cluster, find_binaries

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def lines_with(pattern: str) -> list[str]:
    """The lines of the page's blocks of commands that this pattern is found in."""
    blocks = [text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if not kind]
    return [line for block in blocks for line in block.splitlines() if re.search(pattern, line)]


def type_in(line: str, folder: Path, variables: Mapping[str, str] = os.environ) -> "subprocess.CompletedProcess[str]":
    """Run a line in a shell, in a folder; `idp` is the program of these tests."""
    path = f"{Path(sys.executable).parent}:/usr/sbin:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", line],
        cwd=folder, env={**variables, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The variables of an installation on SQLite whose security events are in a file."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")} | {
        "IDP_ENVIRONMENT": "development",
        "IDP_SECRETS": f"test:{b64encode(bytes(32)).decode()}",
        "IDP_DATABASE__URL": f"sqlite:///{tmp_path}/idp.sqlite3",
        "IDP_FILES__VARIABLE": str(tmp_path),
        "IDP_FILES__CLIENTS": str(ROOT / "config" / "clients"),
        "IDP_FILES__BRANDS": str(ROOT / "config" / "brands"),
        "IDP_AUDIT__FILE": str(tmp_path / "audit.jsonl"),
    }
    for line in ("idp db upgrade", "idp worker --once", "mkdir backups"):
        done = type_in(line, tmp_path, variables)
        assert done.returncode == 0, done.stderr
    return variables


def test_a_backup_in_a_file_is_restored(installed: dict[str, str], tmp_path: Path) -> None:
    make, restore = lines_with(r"^idp (backup|restore) /var/backups/")
    made = type_in(make.replace("/var/backups", "backups"), tmp_path, installed)
    assert made.returncode == 0, made.stderr
    (copy,) = (tmp_path / "backups").iterdir()

    restored = type_in(restore.replace("/var/backups/idp-2026-11-29", str(copy)), tmp_path, installed)

    assert restored.returncode == 0, restored.stderr


def test_an_operators_command_runs_with_the_secrets_of_the_units_and_names_who_called_it(
    installed: dict[str, str], tmp_path: Path
) -> None:
    own = {name: value for name, value in installed.items() if name != "IDP_SECRETS"} | {"SUDO_USER": "chloe"}
    (tmp_path / "secrets").write_text(f"IDP_SECRETS={installed['IDP_SECRETS']}\n", "utf-8")
    (tmp_path / "settings.toml").write_text("", "utf-8")
    function = "\n".join(lines_with(r"^operator\(\)|^ +setpriv"))
    function = function.replace("/etc/vestibule", str(tmp_path)).replace("/opt/vestibule/bin/idp", "idp")
    user = f"--reuid={os.getuid()} --regid={os.getgid()} --keep-groups"
    function = function.replace("--reuid=vestibule --regid=vestibule --clear-groups", user)

    shown = type_in(f'{function}\noperator sessions end --all --yes --reason "case 4721"', tmp_path, own)

    assert shown.returncode == 0, shown.stderr
    with sqlite3.connect(tmp_path / "idp.sqlite3") as database:
        found = database.execute("SELECT actor FROM audit_events WHERE details LIKE '%case 4721%'").fetchall()
    assert found == [("cli:chloe",)]


@pytest.mark.skipif(shutil.which("age") is None, reason="age is missing: apt-get install age")
def test_a_backup_that_age_encrypted_is_restored(installed: dict[str, str], tmp_path: Path) -> None:
    encrypt, decrypt = lines_with(r"\bage -[rd]")
    key = type_in("age-keygen -o key.txt", tmp_path).stderr
    (recipient,) = re.findall(r"age1\w+", key)
    made = type_in(encrypt.replace("age1…", recipient).replace("/var/backups", "backups"), tmp_path, installed)
    assert made.returncode == 0, made.stderr
    (copy,) = (tmp_path / "backups").iterdir()

    restored = type_in(decrypt.replace("idp.age", str(copy)), tmp_path, installed)

    assert copy.read_bytes().startswith(b"age-encryption.org/")
    assert restored.returncode == 0, restored.stderr


@pytest.mark.skipif(shutil.which("systemd-creds") is None, reason="systemd-creds is missing: apt-get install systemd")
def test_the_secrets_of_a_hardened_machine_are_encrypted_and_read_again(tmp_path: Path) -> None:
    store = tmp_path / "credstore.encrypted"
    script = "\n".join(lines_with(r"^secret\(|^mkdir .*credstore|\bsecret IDP_"))
    script = script.replace("/etc/credstore.encrypted", str(store))
    for name in re.findall(r"< (\w+)", script):
        (tmp_path / name).write_text(f"the {name}", "utf-8")
    own = {**os.environ, "SYSTEMD_CREDENTIAL_SECRET": str(tmp_path / "key of this machine")}

    written = type_in(script, tmp_path, own)

    assert written.returncode == 0, written.stderr
    names = dict(re.findall(r"secret (\w+) (vestibule\.\S+)", script))
    assert {path.name for path in store.iterdir()} >= set(names.values())
    read = {
        name: type_in(f"systemd-creds decrypt --name={name} {store / file} -", tmp_path, own).stdout
        for name, file in names.items()
    }
    assert read["IDP_MAIL_PASSWORD"] == "the mail"
    settings = load_settings({"IDP_ENVIRONMENT": "testing", "IDP_SECRETS": read["IDP_SECRETS"]})
    assert settings.secrets


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    own = Cluster(binaries)
    own.start()
    yield own
    own.stop()


def test_a_database_is_made_that_the_provider_takes(
    cluster: Cluster, installed: dict[str, str], tmp_path: Path
) -> None:
    create = lines_with("^createdb ")[0]
    (copy,) = lines_with("idp db copy --from")
    reach = {"PGHOST": str(cluster.folder), "PGUSER": "postgres"}

    made = type_in(create, tmp_path, {**os.environ, **reach})
    typed = copy.replace("postgresql+psycopg://…/vestibule", cluster.url("vestibule"))
    copied = type_in(typed.replace("/var/lib/vestibule", str(tmp_path)), tmp_path, installed)

    assert made.returncode == 0, made.stderr
    assert copied.returncode == 0, copied.stderr
