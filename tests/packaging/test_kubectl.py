"""The operators' lines for Kubernetes make the objects that the chart's values name, without a cluster."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from idp.commands import main
from tests.packaging.test_commands_of_the_page import lines_with, type_in
from tests.rules.source import ROOT

CLIENTS = {path.name for path in (ROOT / "config" / "clients").iterdir()}


def is_kubectl_here() -> bool:
    found = shutil.which("kubectl")
    return found is not None and subprocess.run([found, "version", "--client"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not is_kubectl_here(), reason="kubectl is missing: apt-get install kubernetes-client")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the lines read."""
    CliRunner().invoke(main, ["init", str(tmp_path / "etc"), "--issuer", "https://login.example.ch"])
    shutil.copy(tmp_path / "etc" / "secrets", tmp_path)
    shutil.copytree(ROOT / "config" / "clients", tmp_path / "clients")
    shutil.copytree(ROOT / "config" / "brands" / "e-services", tmp_path / "brands" / "e-services")
    for role in ("owner", "serving", "worker"):
        (tmp_path / role).write_text(f"postgresql+psycopg://{role}@db.example.ch/vestibule", "utf-8")
    return tmp_path


def made(line: str, folder: Path) -> dict[str, Any]:
    """Return the object that a line would make."""
    command = line.partition("  #")[0]
    done = type_in(f"{command} --dry-run=client --output=yaml", folder)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = yaml.safe_load(done.stdout)
    return answer


def test_each_object_has_what_the_chart_reads(folder: Path) -> None:
    namespace, *lines = lines_with("^kubectl .*create ")
    objects = {each["metadata"]["name"]: each for each in (made(line, folder) for line in lines)}
    chart = ROOT / "packaging" / "kubernetes"
    values = (chart / "values.yaml").read_text("utf-8") + (chart / "examples" / "small.yaml").read_text("utf-8")

    assert made(namespace, folder)["metadata"]["name"] == "login"
    assert {each["metadata"]["namespace"] for each in objects.values()} == {"login"}
    assert set(objects["vestibule-clients"]["data"]) == CLIENTS
    assert "brand.toml" in objects["vestibule-brand-e-services"]["data"]
    assert set(objects["vestibule-database"]["data"]) == {"owner", "serving", "worker"}
    assert set(objects["vestibule-secrets"]["data"]) >= {"IDP_SECRETS"}
    assert [name for name in objects if name not in values] == []
