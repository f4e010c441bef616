"""Sizes, names and places that keep the house readable."""

import ast
import re
from statistics import median

from tests.rules.source import Function, functions, modules

FILE_CEILING = 400
FUNCTION_CEILING = 40
MEDIAN_FILE = 120
MEDIAN_FUNCTION = 10
FORBIDDEN_NAMES = {"manager", "helper", "helpers", "util", "utils", "base", "data", "info", "handle", "common", "misc"}
COMMIT = {"idp.database", "idp.messages.inbox"}
TIME_AND_CHANCE = re.compile(r"datetime\.now\(|time\.time\(|utcnow\(|secrets\.token|uuid4\(|\brandom\.\w+\(")


def matching(pattern: str | re.Pattern[str], but: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """Modules whose text matches, with what matched."""
    return [
        f"{module.name}: {found.group(0)}"
        for module in modules()
        if module.name not in but and (found := re.search(pattern, module.text))
    ]


def test_files_stay_short() -> None:
    lines = {module.name: module.text.count("\n") for module in modules()}

    assert {name: count for name, count in lines.items() if count > FILE_CEILING} == {}
    assert median(lines.values()) <= MEDIAN_FILE


def test_functions_stay_short() -> None:
    every: list[Function] = functions()

    assert [f"{f.place}: {f.lines}" for f in every if f.lines > FUNCTION_CEILING] == []
    assert median(f.lines for f in every) <= MEDIAN_FUNCTION


def test_nothing_is_named_after_nothing() -> None:
    named = {
        word
        for module in modules()
        for word in (module.path.stem, *(n.name.lower() for n in ast.walk(module.tree) if isinstance(n, ast.ClassDef)))
    }

    assert named & FORBIDDEN_NAMES <= {"base"}  # SQLAlchemy's own word for the declarative base


def test_every_module_and_package_says_what_it_is() -> None:
    assert [module.name for module in modules() if not ast.get_docstring(module.tree)] == []


def test_commits_happen_in_one_place() -> None:
    assert matching(r"\.commit\(\)", COMMIT) == []


def test_time_and_chance_have_one_source() -> None:
    assert matching(TIME_AND_CHANCE, {"idp.clock", "idp.random_values"}) == []


def test_no_code_compares_a_client_id_with_a_literal() -> None:
    assert matching(r"client_?id\s*[!=]=\s*[\"']") == []


def test_nothing_is_left_to_do_later() -> None:
    assert matching(r"#\s*(TODO|FIXME|XXX)\b|NotImplementedError") == []


def test_tables_for_spreadsheets_have_one_writer() -> None:
    """A second one would forget to make cells harmless."""
    writers = [module.name for module in modules() if "csv.writer" in module.text or "DictWriter" in module.text]

    assert writers == ["idp.spreadsheet"]
