"""The wheel holds everything the program reads: it starts in an environment that has no checkout."""

import os
import shutil
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.rules.source import ROOT
from tests.support.ports import free_port

UV = ROOT / ".venv" / "bin" / "uv"
"""The one of `make`: environments for other versions of Python have none."""


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the files that git knows."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines():
        if (path := ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, source / name, follow_symlinks=False)  # a link to a folder is copied as a link
    own = {**os.environ, "VIRTUAL_ENV": str(Path(sys.executable).parent.parent)}
    run(UV, "build", "--wheel", "--no-build-isolation", "--out-dir", output, source, cwd=source, environment=own)
    (built,) = output.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has the wheel and the pinned packages, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("environment")
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=folder)
    where = {**os.environ, "VIRTUAL_ENV": str(folder / "venv")}
    lock = ROOT / "requirements.lock"
    run(UV, "pip", "install", "--quiet", "--require-hashes", "-r", lock, cwd=folder, environment=where)
    run(UV, "pip", "install", "--quiet", "--no-deps", wheel, cwd=folder, environment=where)
    return folder / "venv" / "bin" / "python"


def test_the_wheel_holds_every_data_file(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    shipped = {
        f"idp/resources/{name}"
        for name in run("git", "ls-files", "-co", "--exclude-standard", "templates", "config", cwd=ROOT).splitlines()
    }
    words = set(run("git", "ls-files", "idp/credentials/words", cwd=ROOT).splitlines())

    assert (shipped | words) - packed == set()


@pytest.fixture
def served(environment: Path, tmp_path: Path) -> Iterator[str]:
    """Start the installed provider in an empty folder; return its address."""
    shutil.copytree(ROOT / "config" / "clients", tmp_path / "config" / "clients")
    shutil.copytree(ROOT / "config" / "brands", tmp_path / "config" / "brands")
    address = f"http://localhost:{free_port()}"
    variables = {
        "PATH": os.environ["PATH"],
        "IDP_ENVIRONMENT": "development",
        "IDP_SECRETS": f"test:{b64encode(bytes(32)).decode()}",
        "IDP_SERVER__ISSUER": address,
    }
    idp = environment.parent / "idp"
    run(idp, "db", "upgrade", cwd=tmp_path, environment=variables)
    run(idp, "worker", "--once", cwd=tmp_path, environment=variables)
    with subprocess.Popen([idp, "serve"], cwd=tmp_path, env=variables) as process:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until and process.poll() is None and not answers(f"{address}/healthz"):
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):
            return True
    except (URLError, OSError):
        return False


def test_the_installed_program_serves_pages_keys_and_static_files(served: str) -> None:
    for path, expected in {
        "/jwks.json": b'"keys"',
        "/.well-known/openid-configuration": served.encode(),
        "/AK00/register": b"<main",
    }.items():
        with urlopen(served + path, timeout=10) as answer:
            assert expected in answer.read(), path
