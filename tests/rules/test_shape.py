"""Sizes, names and places that keep the house readable."""

import ast
import re
from pathlib import Path

import pytest

from tests.rules.source import PACKAGES, ROOT, Module, modules

FILE_CEILING = 400
FUNCTION_CEILING = 40
FORBIDDEN_NAMES = {"manager", "helper", "helpers", "util", "utils", "base", "data", "info", "handle", "common", "misc"}


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_files_and_functions_stay_short(module: Module) -> None:
    long = [
        f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_CEILING
    ]

    assert module.text.count("\n") <= FILE_CEILING
    assert long == []


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_no_module_or_class_is_named_after_nothing(module: Module) -> None:
    classes = [node.name.lower() for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    words = {module.path.stem, *classes} - {"base"}  # SQLAlchemy's own word for the declarative base

    assert not words & FORBIDDEN_NAMES


@pytest.mark.parametrize("folder", [p for k in PACKAGES for p in sorted((ROOT / k).rglob("__init__.py"))],
                         ids=lambda p: str(p.parent.relative_to(ROOT)))  # fmt: skip
def test_every_package_says_what_it_owns(folder: Path) -> None:
    assert ast.get_docstring(ast.parse(folder.read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_commits_happen_in_one_place(module: Module) -> None:
    commits = re.findall(r"\.commit\(\)", module.text)

    assert not commits or module.name in {"idp.database", "idp.messages.inbox"}


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_time_and_randomness_have_one_source(module: Module) -> None:
    if module.name in {"idp.clock", "idp.opaque"}:
        return
    used = re.findall(r"datetime\.now\(|time\.time\(|utcnow\(|secrets\.token|uuid4\(|random\.\w+\(", module.text)

    assert used == []


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_no_code_compares_a_client_id_with_a_literal(module: Module) -> None:
    assert not re.search(r"client_?id\s*[!=]=\s*[\"']", module.text)


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_nothing_is_left_to_do_later(module: Module) -> None:
    assert not re.search(r"#\s*(TODO|FIXME|XXX)\b|NotImplementedError", module.text)
