"""The targets of the Makefile: `make help` lists each, each leads somewhere, and `make reset` takes `var` only."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.rules.source import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = sorted(set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)))


def make(*words: str, folder: Path = ROOT) -> str:
    done = subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_lists_every_target() -> None:
    listed = re.findall(r"^  make ([a-z-]+) +\S", make("help"), re.MULTILINE)

    assert sorted(listed) == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_leads_to_programs_and_modules_that_exist(target: str) -> None:
    lines = make("--dry-run", "--always-make", target)
    modules = re.findall(r"python -m ((?:bench|examples|tests|tools|flows)[\w.]*)", lines)
    scripts = re.findall(r"^((?:tools|packaging)/\S+)", lines, re.MULTILINE)

    assert lines
    assert [each for each in scripts if not (ROOT / each).is_file()] == []
    for each in modules:
        path = ROOT / each.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), each


def test_reset_takes_the_development_data_and_nothing_else(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "var" / "bench").mkdir(parents=True)

    make("reset", folder=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


def matrix(**variables: str) -> "subprocess.CompletedProcess[str]":
    """`tools/matrix` for a Python that no machine has."""
    own = {**os.environ, "VERSIONS": "3.99", **variables}
    return subprocess.run(["tools/matrix"], cwd=ROOT, env=own, capture_output=True, text=True, check=False)


def test_a_matrix_that_runs_nothing_fails_unless_that_is_allowed() -> None:
    assert matrix().returncode == 1
    assert matrix(MAY_BE_NONE="yes").returncode == 0
