"""Names that are searched for, and docstrings that a stranger understands."""

import ast
from collections import defaultdict

from tests.rules.source import modules

RELATIVE = ("What", "Who", "Whom", "Whoever", "Whose", "Whatever")


def test_no_two_classes_share_a_name() -> None:
    places = defaultdict(list)
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module.name)

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_docstring_opens_with_a_relative_clause() -> None:
    """A noun phrase or an imperative says the same with its subject first."""
    texts = [
        f"{module.name}: {node.value.value.strip()[:60]}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if node.value.value.split(maxsplit=1)[0] in RELATIVE
    ]

    assert texts == []
