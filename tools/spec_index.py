"""`python -m tools.spec_index` writes `docs/spec-index.md`: which section of which standard is kept and proved where.

It reads the citations in docstrings and comments (`RFC 6749 §4.1.2.1`, `OIDC Core §3.1.2.1, §5.5`). A section without
a name belongs to the standard that its module's docstring names first.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "spec-index.md"
FOLDERS = ("idp", "flows", "keys", "tests")

NAMES = {
    r"RFC \d{4}": None,
    r"(?:OIDC|OpenID Connect) Core(?: 1\.0)?": "OpenID Connect Core 1.0",
    r"(?:OIDC|OpenID Connect) Registration(?: 1\.0)?": "OpenID Connect Dynamic Client Registration 1.0",
    r"(?:OpenID Connect )?Back-Channel Logout(?: 1\.0)?": "OpenID Connect Back-Channel Logout 1.0",
    r"(?:OpenID Connect )?Front-Channel Logout(?: 1\.0)?": "OpenID Connect Front-Channel Logout 1.0",
    r"(?:OpenID Connect )?RP-Initiated Logout(?: 1\.0)?": "OpenID Connect RP-Initiated Logout 1.0",
    r"Initiating User Registration": "Initiating User Registration via OpenID Connect 1.0",
    r"Multiple Response Types": "OAuth 2.0 Multiple Response Types",
    r"FAPI 2\.0 Security Profile": "FAPI 2.0 Security Profile",
    r"(?:FAPI 2\.0 )?Message Signing": "FAPI 2.0 Message Signing",
    r"JARM": "JWT Secured Authorization Response Mode (JARM)",
    r"NIST SP 800-63B-4": "NIST SP 800-63B-4",
}
NAME = re.compile("|".join(f"(?:{pattern})" for pattern in NAMES))
TOKEN = re.compile(f"(?P<name>{NAME.pattern})|§(?P<section>\\d+(?:\\.\\d+)*)")

Citation = tuple[str, tuple[int, ...]]


def canonical(name: str) -> str:
    """The title under which a standard stands in the index."""
    return next((title or name for pattern, title in NAMES.items() if re.fullmatch(pattern, name)), name)


def citations(text: str, usual: str) -> Iterator[Citation]:
    """The sections cited in a text; those without a name belong to the last one named, else to `usual`."""
    current = usual
    for found in TOKEN.finditer(text):
        if found["name"]:
            current = canonical(found["name"])
        elif current:
            yield current, tuple(int(part) for part in found["section"].split("."))


def places(path: Path) -> Iterator[tuple[str, str]]:
    """(where, the text there): a module, and each of its classes and functions with its own lines."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    inside: set[int] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            span = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            inside.update(span)
            yield node.name, "\n".join(lines[number - 1] for number in span)
    yield "", "\n".join(line for number, line in enumerate(lines, 1) if number not in inside)


def index() -> Mapping[Citation, dict[str, set[str]]]:
    """Every citation with the code that keeps it and the tests that prove it."""
    found: dict[Citation, dict[str, set[str]]] = defaultdict(lambda: {"code": set(), "tests": set()})
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        place = path.relative_to(ROOT)
        named = NAME.search(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
        usual = canonical(named[0]) if named else ""
        for where, text in places(path):
            for citation in citations(text, usual):
                kind = "tests" if place.parts[0] == "tests" else "code"
                found[citation][kind].add(f"`{place}`" + (f" {where}" if where else ""))
    return found


def document() -> str:
    """The page."""
    found = index()
    page = [
        "# Standards, section by section",
        "",
        "Written by `python -m tools.spec_index` from the citations in code and tests.",
        "",
    ]
    for title in sorted({name for name, _ in found}):
        page += [f"## {title}", "", "| section | kept in | proved in |", "|---|---|---|"]
        for citation in sorted(citation for citation in found if citation[0] == title):
            kinds = found[citation]
            section = ".".join(map(str, citation[1]))
            page.append(
                f"| §{section} | {'<br>'.join(sorted(kinds['code']))} | {'<br>'.join(sorted(kinds['tests']))} |"
            )
        page.append("")
    return "\n".join(page)


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
