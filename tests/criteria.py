"""Which test proves which criterion: `python -m tests.criteria` writes `tests/criteria.toml` from the docstrings.

A test names the ids it proves in its docstring (`A-20`, `X-13`, `oidcc-codereuse`). What only a person can judge is
kept by hand in the file as `manual: how`. A criterion without either stands there with an empty list, so that what is
missing can be seen.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
FILE = TESTS / "criteria.toml"
MODULES = TESTS / "conformance_modules.txt"

JOURNEYS = {
    "A": [*range(1, 17), *range(20, 41)],
    "B": [*range(1, 13), *range(20, 32), *range(40, 54)],
    "C": [*range(1, 26)],
    "D": [*range(1, 23)],
    "X": [*range(1, 32)],
}
ID = re.compile(r"\b([ABCDX]-\d\d)\b(?:\s*(?:to|…|-|–)\s*([ABCDX]-\d\d)\b)?")
MODULE = re.compile(
    r"\b(?:(?:(?:form-post|dynamic)/)?oidcc-[A-Za-z0-9_-]+|"
    r"(?:message-signing/)?fapi2-security-profile-final-[A-Za-z0-9_-]+)\b"
)


def journey_ids() -> list[str]:
    return [f"{letter}-{number:02d}" for letter, numbers in JOURNEYS.items() for number in numbers]


def module_names() -> list[str]:
    """The conformance modules that apply to what is served, those of a second plan with its prefix."""
    lines = MODULES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def named(docstring: str) -> Iterator[str]:
    """The ids a docstring names; `A-20 to A-22` names three."""
    for first, last in ID.findall(docstring):
        letter, low = first[0], int(first[2:])
        high = int(last[2:]) if last and last[0] == letter else low
        yield from (f"{letter}-{number:02d}" for number in range(low, high + 1))
    yield from MODULE.findall(docstring)


def proofs() -> dict[str, list[str]]:
    """Every id with the tests whose docstrings (or their module's) name it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        place = str(path.relative_to(TESTS.parent))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for criterion in named(ast.get_docstring(node) or ""):
                    found[criterion].add(f"{place}::{node.name}")
    return {criterion: sorted(tests) for criterion, tests in found.items()}


def by_hand() -> dict[str, list[str]]:
    """The `manual: …` entries of the present file."""
    if not FILE.exists():
        return {}
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    entries = {criterion: tests for table in tables.values() for criterion, tests in table.items()}
    return {c: kept for c, tests in entries.items() if (kept := [t for t in tests if t.startswith("manual:")])}


def document() -> str:
    """The file as it should be."""
    tests, manual = proofs(), by_hand()
    lines = ["# Written by `python -m tests.criteria`. Only `manual: how` entries are kept by hand."]
    for title, ids in (("journeys", journey_ids()), ("conformance", module_names())):
        lines += ["", f"[{title}]"]
        for criterion in ids:
            entries = [*tests.get(criterion, []), *manual.get(criterion, [])]
            body = "".join(f'\n  "{entry}",' for entry in entries)
            lines.append(f'"{criterion}" = [{body}{chr(10) if body else ""}]')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
