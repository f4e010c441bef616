"""Every guarantee of docs/threat-model.md names a test that exists."""

import ast
import re

from tests.rules.source import ROOT

REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = REFERENCE.findall((ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8"))

    missing = [f"{path}::{name}" for path, name in named if name not in _tests_of(path)]

    assert named
    assert missing == []


def _tests_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
