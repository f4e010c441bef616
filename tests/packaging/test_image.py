"""The image: nothing in it but the program and what it needs, and it starts commands that exist.

`make image` builds it and `make try-image` runs it, read-only and without rights; both take minutes.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from idp.commands import main
from idp.settings_loader import load_settings
from tests.rules.source import ROOT

CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", " ")
ENVIRONMENT = (ROOT / "packaging" / "environment").read_text("utf-8")
FINAL = CONTAINERFILE.partition("FROM scratch\n")[2]
SCRIPTS = sorted(
    path
    for folder in ("compose", "container", "debian", "hardened", "kubernetes")
    for path in (ROOT / "packaging" / folder).iterdir()
    if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash")
)


def instruction(name: str) -> str:
    (found,) = re.findall(rf"^{name} (.+)$", FINAL, re.MULTILINE)
    return str(found)


def test_nothing_is_built_in_the_stage_that_is_shipped() -> None:
    assert FINAL
    assert not re.search(r"^(RUN|ADD|SHELL|FROM)\b", FINAL, re.MULTILINE)
    assert re.findall(r"^COPY (\S+)", FINAL, re.MULTILINE) == ["--from=build"] * 2


def test_it_runs_as_a_user_without_rights() -> None:
    assert int(instruction("USER").split(":")[0]) > 0
    assert f"\nuser={instruction('USER').split(':')[0]}\n" in (ROOT / "packaging/container/root").read_text("utf-8")


def test_it_starts_and_checks_without_a_shell() -> None:
    check = instruction("HEALTHCHECK").partition("CMD ")[2]

    assert json.loads(instruction("ENTRYPOINT")) == ["/opt/vestibule/bin/idp"]
    assert set(json.loads(instruction("CMD"))) <= set(main.commands)
    assert "/readyz" in json.loads(check)[-1]
    compile(json.loads(check)[-1], "HEALTHCHECK", "exec")


def test_it_unpacks_the_python_that_the_packages_were_compiled_for() -> None:
    names = (ROOT / "packaging" / "container" / "packages").read_text("utf-8").split("\n")
    versions = {found for name in names for found in re.findall(r"python(3\.\d+)", name)}

    assert len(versions) == 1
    assert versions >= set(re.findall(r"^requires_python = >=(3\.\d+)$", (ROOT / "setup.cfg").read_text("utf-8"), re.M))


def test_it_has_the_words_of_every_language_of_the_pages() -> None:
    (kept,) = re.findall(r'^languages="([^"]+)"', ENVIRONMENT, re.MULTILINE)

    assert set(load_settings({"IDP_SECRETS": f"k:{'A' * 43}="}).pages.languages) <= set(kept.split())


def test_the_build_is_given_every_file_that_it_reads() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    given = {line[1:] for line in lines if line.startswith("!")}
    locks = {name.partition("/")[0] for name in re.findall(r"-r (\S+\.lock)", ENVIRONMENT)}

    assert "*" in lines
    assert {name for name in given if not (ROOT / name).exists()} == set()
    assert given >= locks | {"idp", "flows", "keys", "wsgi.py", "config", "templates", "setup.cfg", "pyproject.toml"}


@pytest.mark.parametrize(
    "script",
    [*SCRIPTS, ROOT / "packaging" / "environment", ROOT / "packaging" / "sign", ROOT / "tools" / "matrix"],
    ids=lambda path: path.name,
)
def test_a_script_can_be_run_and_stops_at_the_first_failure(script: Path) -> None:
    read = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)

    assert os.access(script, os.X_OK)
    assert read.stderr == ""
    assert "\nset -euo pipefail\n" in script.read_text("utf-8")
