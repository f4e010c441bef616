"""The provider as docs/conformance.md starts it: https, a CA of its own, a host for what the suite itself serves.

One start serves all files of this folder.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from idp.settings import HOME
from tests.support.nginx import write
from tests.support.ports import free_port
from tests.support.possession import Certificate
from tests.support.suite import Suite, host
from tests.support.web_server import Served

PERSON: dict[str, Any] = tomllib.loads(
    (HOME / "examples" / "demonstration" / "conformance.toml").read_text(encoding="utf-8")
)["people"][0]
START = [sys.executable, "-m", "examples.conformance"]
RELOAD = 1  # seconds after which every process of the provider looks at its files again
READY_WITHIN = 120  # seconds, on a machine that has other work too
PAGE = (HOME / "docs" / "conformance.md").read_text(encoding="utf-8")
BASIC, FAPI = (block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "client_id" in block)

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With `authority.pem`, and `server.pem`, `server.key` and `both.pem` for localhost."""
    made = tmp_path_factory.mktemp("conformance")
    now = datetime.now(UTC)
    authority = Certificate("Conformance CA", now, authority=True)
    write(made / "authority", authority)
    write(made / "server", Certificate("localhost", now, issuer=authority, dns="localhost"))
    (made / "both.pem").write_bytes((made / "server.pem").read_bytes() + (made / "server.key").read_bytes())
    return made


@pytest.fixture(scope="package")
def clients(folder: Path, own_host: Served) -> Path:
    """The shipped folder with the static clients of the page."""
    copied = folder / "clients"
    shutil.copytree(HOME / "config" / "conformance" / "clients", copied)
    (copied / "basic-1.toml").write_text(BASIC.replace("https://suite.test:8443", own_host.url))
    (copied / "fapi-1.toml").write_text(FAPI)
    return copied


@pytest.fixture(scope="package")
def environment(folder: Path, clients: Path) -> dict[str, str]:
    return {
        **os.environ,
        "IDP_SECRETS": "test:" + "QUFB" * 16,
        "IDP_DATABASE__URL": f"sqlite:///{folder}/idp.sqlite3",
        "IDP_FILES__VARIABLE": str(folder / "var"),
        "IDP_FILES__CLIENTS": str(clients),
        "IDP_FILES__RELOAD": str(RELOAD),
        "SSL_CERT_FILE": str(folder / "authority.pem"),
    }


@pytest.fixture(scope="package")
def issuer(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    address = f"https://localhost:{free_port()}"
    files = ["--certificate", str(folder / "server.pem"), "--key", str(folder / "server.key")]
    running = subprocess.Popen([*START, "--issuer", address, *files], env=environment, cwd=HOME)
    try:
        _wait_for(f"{address}/healthz", folder / "authority.pem", running)
        yield address
    finally:
        running.terminate()
        running.wait(30)


def _wait_for(address: str, authority: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(address, verify=str(authority), timeout=2)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the provider did not start; its messages are above")


@pytest.fixture(scope="package")
def idp(environment: dict[str, str]) -> Command:
    """Run an `idp` command beside the running provider: `idp("keys", "list")`."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "idp", *words],
            env={**environment, "IDP_ENVIRONMENT": "conformance"},
            cwd=HOME,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="package")
def own_host(folder: Path) -> Iterator[Served]:
    with host(folder / "both.pem") as served:
        yield served


@pytest.fixture(scope="package")
def plan(issuer: str, own_host: Served) -> dict[str, Any]:
    """What `python -m examples.conformance_plan` prints for this provider."""
    command = [sys.executable, "-m", "examples.conformance_plan", "--issuer", issuer, "--suite", own_host.url]
    printed = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(printed.stdout)
    return found


@pytest.fixture
def suite(issuer: str, folder: Path, own_host: Served) -> Suite:
    """A module of a run with a fresh browser, that asks for the default response mode."""
    own_host.requests.clear()
    own_host.documents.clear()
    person = {"identifier": PERSON["email"], "password": PERSON["password"]}
    return Suite(issuer, folder / "authority.pem", own_host, person)
