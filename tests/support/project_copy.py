"""A copy of the project in which a test adds something, to show how many places that takes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.rules.source import ROOT


class ProjectCopy:
    """`add` writes a new file, `insert` puts a line behind an existing one, `run` runs test files of the copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("idp", "flows", "keys", "templates", "config", "tests"):
            ignored = shutil.ignore_patterns("node_modules", "e2e")  # compiled modules are as good in the copy
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
        shutil.copy(ROOT / "setup.cfg", folder)

    def add(self, path: str, text: str) -> None:
        assert not (self.folder / path).exists()
        (self.folder / path).write_text(text, encoding="utf-8")

    def insert(self, path: str, behind: str, line: str) -> None:
        head, rest = (self.folder / path).read_text(encoding="utf-8").split(behind)
        (self.folder / path).write_text(head + behind + line + rest, encoding="utf-8")

    def run(self, *paths: str) -> str:
        """Run test files of the copy. Return what it printed if it failed, and nothing if it passed."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr if done.returncode else ""
