"""Names that are searched for, and docstrings that a stranger understands."""

import ast
from collections import defaultdict

from tests.rules.source import modules

RELATIVE = ("What", "Who", "Whom", "Whoever", "Whose", "Whatever")
ASKING = ("is_", "has_", "may_", "needs_", "lacks_", "are_", "was_", "can_")


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


def test_a_function_that_answers_yes_or_no_returns_whether() -> None:
    """“Whether …” alone is no sentence, and a function named `is_…` that opens otherwise hides its answer."""
    predicates = [
        (f"{module.name}.{node.name}", node.name, text)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "bool"
        if (text := ast.get_docstring(node)) is not None
    ]

    offences = [
        name
        for name, short, text in predicates
        if text.startswith("Whether") or (short.lstrip("_").startswith(ASKING) and not text.startswith("Return "))
    ]

    assert len(predicates) > 100
    assert offences == []
