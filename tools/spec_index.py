"""`python -m tools.spec_index` writes `docs/spec-index.md`: which section of which standard is kept and proved where.

It reads the citations in docstrings and comments (`RFC 6749 §4.1.2.1`, `OIDC Core §3.1.2.1, §5.5`). A section without
a name belongs to the standard that its module's docstring names first.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "spec-index.md"
FOLDERS = ("idp", "flows", "keys", "tests")
EXAMPLES = "tests/rules/test_spec_index.py"  # cites in order to be read, and keeps nothing

NAMES = {
    r"RFC \d{4}(?:bis)?": None,
    r"(?:OIDC|OpenID Connect) Core(?: 1\.0)?": "OpenID Connect Core 1.0",
    r"(?:OIDC|OpenID Connect) Discovery(?: 1\.0)?": "OpenID Connect Discovery 1.0",
    r"(?:OIDC|OpenID Connect(?: Dynamic Client)?) Registration(?: 1\.0)?": (
        "OpenID Connect Dynamic Client Registration 1.0"
    ),
    r"(?:OpenID Connect )?Back-Channel Logout(?: 1\.0)?": "OpenID Connect Back-Channel Logout 1.0",
    r"(?:OpenID Connect )?Front-Channel Logout(?: 1\.0)?": "OpenID Connect Front-Channel Logout 1.0",
    r"(?:OpenID Connect )?RP-Initiated Logout(?: 1\.0)?": "OpenID Connect RP-Initiated Logout 1.0",
    r"Initiating User Registration": "Initiating User Registration via OpenID Connect 1.0",
    r"Form Post Response Mode": "OAuth 2.0 Form Post Response Mode",
    r"Multiple Response Types": "OAuth 2.0 Multiple Response Types",
    r"(?:FAPI 2\.0 )?Security Profile": "FAPI 2.0 Security Profile",
    r"(?:FAPI 2\.0 )?Message Signing": "FAPI 2.0 Message Signing",
    r"Shared Signals Framework(?: 1\.0)?": "OpenID Shared Signals Framework 1.0",
    r"CAEP Interoperability Profile(?: 1\.0)?": "CAEP Interoperability Profile 1.0",
    r"CAEP(?: 1\.0)?": "OpenID Continuous Access Evaluation Profile (CAEP) 1.0",
    r"RISC(?: 1\.0)?": "OpenID RISC Profile 1.0",
    r"JARM": "JWT Secured Authorization Response Mode (JARM)",
    r"NIST SP 800-63B-4": "NIST SP 800-63B-4",
}
NAME = re.compile("|".join(f"(?:{pattern})" for pattern in NAMES).replace(" ", r"\s+"))  # also over a line's end
TOKEN = re.compile(f"(?P<name>{NAME.pattern})|§(?P<section>\\d+(?:\\.\\d+)*)")

Section = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, order=True)
class Citation:
    """One mention of a section: its file, and the definition that cites it; empty for the module as a whole."""

    place: str
    where: str

    @property
    def is_proof(self) -> bool:
        """A test, or the head of a module whose tests all prove it."""
        return Path(self.place).name.startswith("test_") and (not self.where or self.where.startswith("test_"))

    def link(self) -> str:
        """Return Markdown that names file and definition, but no line and no text: other edits leave the page as is."""
        return f"[`{self.place}`](../{self.place}) {f'`{self.where}`' if self.where else ''}".rstrip()


def canonical(name: str) -> str:
    """Return the title under which a standard stands in the index."""
    name = " ".join(name.split())
    return next((title or name for pattern, title in NAMES.items() if re.fullmatch(pattern, name)), name)


def sections(text: str, usual: str) -> Iterator[Section]:
    """Yield each section cited; one without a name belongs to the standard last named, or to `usual`."""
    current = usual
    for found in TOKEN.finditer(text):
        if found["name"]:
            current = canonical(found["name"])
        elif current:
            yield current, tuple(int(part) for part in found["section"].split("."))


def definitions(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield the functions and classes of a module; of a class of tests, each of its tests."""
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from definitions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node


def places(source: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each class and function of a module, and of the rest of the module."""
    tree, lines = ast.parse(source), source.splitlines()
    own = list(lines)
    for node in definitions(tree.body):
        end = node.end_lineno or node.lineno
        yield node.name, "\n".join(lines[node.lineno - 1 : end])
        own[node.lineno - 1 : end] = [""] * (end - node.lineno + 1)
    yield "", "\n".join(own)


def citations(place: str, source: str) -> Iterator[tuple[Section, Citation]]:
    """Yield every section that a module cites, with the definition that cites it."""
    named = NAME.search(ast.get_docstring(ast.parse(source)) or "")
    usual = canonical(named[0]) if named else ""
    for where, text in places(source):
        for section in sections(text, usual):
            yield section, Citation(place, where)


def index() -> Mapping[Section, list[Citation]]:
    """Return every section with the code that keeps it and the tests that prove it, each place once."""
    found: dict[Section, dict[tuple[str, str], Citation]] = defaultdict(dict)
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        place = str(path.relative_to(ROOT))
        if place == EXAMPLES:
            continue
        for section, citation in citations(place, path.read_text(encoding="utf-8")):
            found[section].setdefault((place, citation.where), citation)
    return {section: sorted(places.values()) for section, places in found.items()}


def kept(found: list[Citation]) -> list[Citation]:
    return [citation for citation in found if not citation.place.startswith("tests/")]


def unproved(found: Mapping[Section, list[Citation]]) -> list[str]:
    """Return the sections that code claims to keep and no test cites."""
    return [
        f"{title} §{'.'.join(map(str, number))}"
        for (title, number), places in sorted(found.items())
        if kept(places) and not any(place.is_proof for place in places)
    ]


def document() -> str:
    """Return the page."""
    found = index()
    page = [
        "# Standards, section by section",
        "",
        "Written by `make docs` from the citations in code and tests: where each section is kept and what proves it.",
        "",
    ]
    for title in sorted({name for name, _ in found}):
        page += [f"## {title}", "", "| section | kept in | proved in |", "|---|---|---|"]
        for section in sorted(section for section in found if section[0] == title):
            number = ".".join(map(str, section[1]))
            code = "<br>".join(citation.link() for citation in kept(found[section]))
            tests = "<br>".join(citation.link() for citation in found[section] if citation.is_proof)
            page.append(f"| §{number} | {code} | {tests} |")
        page.append("")
    return "\n".join(page)


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
    print(*unproved(index()), sep="\n")
