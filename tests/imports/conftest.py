"""Files to import, and the way to import them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idp.database import Database, Origin
from idp.imports import run
from idp.imports.lines import BadLine
from idp.imports.run import Importer, Tally
from idp.imports.values import ImportSettings

SETTINGS = ImportSettings(("fr", "de", "it", "en"), ("CH", "FR"))


@dataclass(frozen=True)
class Outcome:
    tally: Tally
    refused: list[BadLine]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """(created, updated, unchanged, refused)"""
        return self.tally.created, self.tally.updated, self.tally.unchanged, self.tally.refused

    @property
    def reasons(self) -> dict[int, str]:
        return {line.number: line.reason for line in self.refused}


Load = Callable[..., Outcome]


@pytest.fixture
def load(database: Database, tmp_path: Path) -> Load:
    """Writes the content to a file and imports it."""

    def loaded(importer: Importer[Any], content: str | bytes, name: str = "file.csv") -> Outcome:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        refused: list[BadLine] = []
        tally = run.load(
            database, Origin(actor="cli:test"), importer, path, refused=refused.append, progress=lambda *_: None
        )
        return Outcome(tally, refused)

    return loaded
