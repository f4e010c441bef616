"""The way of a request in docs/architecture.md names files and functions that exist."""

import ast
import re
from pathlib import Path

import pytest

from tests.rules.source import ROOT

PAGE = ROOT / "docs" / "architecture.md"
ROW = re.compile(r"^\| [^|]+ \| (`[^|]+`) \| (`[^|]+) \|$", re.MULTILINE)
WAY = PAGE.read_text(encoding="utf-8").partition("## A request, twice")[2].partition("\n## ")[0]


def files_of(cell: str) -> list[Path]:
    """A name without a folder stands in the folder of the first one."""
    names = re.findall(r"`([^`]+)`", cell)
    folder = Path(names[0]).parent
    return [ROOT / (name if "/" in name else folder / name) for name in names]


def defined_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return named | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


@pytest.mark.parametrize(("files", "names"), ROW.findall(WAY))
def test_each_step_of_a_request_is_found_under_its_name(files: str, names: str) -> None:
    defined = set[str]().union(*(defined_in(file) for file in files_of(files)))

    missing = {name.split(".")[-1] for name in re.findall(r"`([^`]+)`", names)} - defined

    assert missing == set()


def test_the_way_has_its_two_halves() -> None:
    assert len(ROW.findall(WAY)) >= 15
