"""How each command of the documents is tried: `python -m tests.commands_page` writes `docs/commands.md`.

The tests that run an `idp` command are found in their text. For the other commands it is said here: by which test, by
hand and why, or not at all and why. A command that is in neither list has an empty cell, which a rule refuses.
"""

import ast
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

import click

from tests.rules import shell
from tests.rules.documents import INLINE, PAGES, resolved
from tests.rules.source import ROOT

FILE = ROOT / "docs" / "commands.md"
MOST_TESTS = 2
"""Tests that are named for one command."""
CONSOLE = re.compile(r"^\$ (.*)$", re.MULTILINE)
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
EVERYWHERE = frozenset(
    ["base64", "cat", "cp", "date", "export", "grep", "head", "install", "ls", "mkdir", "printf", "rm", "set", "sort",
     "umask", "uniq", "xargs"]
)  # fmt: skip
"""Words of the shell and programs of every Debian, which need no test of ours."""
OF_A_PAGE = frozenset({"operator", "secret"})
"""Functions of the shell that a page defines itself."""
COMPARE = ("tests/rules/", "tests/packaging/test_compose.py", "tests/packaging/test_kubernetes.py")
"""Tests that only compare the names of commands."""
GROUPS = frozenset({"apt-get", "docker", "docker-compose", "helm", "kubectl", "pip", "podman", "systemctl"})
"""Programs whose first word without a dash tells what they do."""

BY_TEST: Mapping[str, str] = {
    "age": "tests/packaging/test_commands_of_the_page.py",
    "createdb": "tests/packaging/test_commands_of_the_page.py",
    "curl": "tests/api/test_documented.py",
    "dropdb": "tests/packaging/test_backups_of_postgresql.py",
    "gpg": "tests/packaging/test_signing.py",
    "jq": "tests/packaging/test_monitoring.py",
    "kubectl create": "tests/packaging/test_kubectl.py",
    "make check": ".ci/run",
    "make help": "tests/packaging/test_makefile.py",
    "make reset": "tests/packaging/test_makefile.py",
    "make test": ".ci/run",
    "minisign": "tests/packaging/test_signing.py",
    "nft": "tests/packaging/test_hardened.py",
    "nginx": "tests/packaging/test_hardened.py",
    "packaging/sign": "tests/packaging/test_signing.py",
    "pg_archivecleanup": "tests/packaging/test_backups_of_postgresql.py",
    "pg_basebackup": "tests/packaging/test_backups_of_postgresql.py",
    "pg_dump": "tests/packaging/test_backups_of_postgresql.py",
    "pg_restore": "tests/packaging/test_backups_of_postgresql.py",
    "psql": "tests/packaging/test_hardened_roles.py",
    "python -m examples.conformance": "tests/e2e/conformance/conftest.py",
    "python -m examples.conformance_plan": "tests/e2e/conformance/test_recipe.py",
    "setpriv": "tests/packaging/test_commands_of_the_page.py",
    "sha256sum": "tests/packaging/test_signing.py",
    "systemd-analyze": "tests/packaging/test_systemd.py",
    "systemd-creds": "tests/packaging/test_commands_of_the_page.py",
    "uv": "tests/packaging/test_wheel.py",
}
"""Commands of others and of the Makefile, with a test that runs them."""

MEASURES = "measures, for minutes, and judges nothing"
REHEARSES = "takes ten minutes and the whole machine; its parts are tested in `tests/packaging` and `tests/outages`"
BUILDS = "takes minutes; what it is built from is tested in `tests/packaging`"
INSTALLS = "`make try-deb` and `make boot-deb` run it in a Debian of its own, as root"
BOOTS = "`make boot-deb` runs it in a Debian of its own, as root"
BY_HAND: Mapping[str, str] = {
    "apt-get install": INSTALLS,
    "docker-compose exec": "`make try-compose` runs it",
    "docker-compose up": "`make try-compose` runs it",
    "make audit": "asks the network: a build must not fail by what others publish",
    "make bench": MEASURES,
    "make bench-inprocess": MEASURES,
    "make bench-peers": MEASURES,
    "make boot-deb": BUILDS,
    "make chaos": REHEARSES,
    "make chart": "needs helm; `tests/packaging/test_rendered_chart.py` does the same where helm is",
    "make deb": BUILDS,
    "make docs": "writes pages that tests compare with the code (`tests/rules`)",
    "make failover": REHEARSES,
    "make image": BUILDS,
    "make lock": "asks the network for new versions",
    "make matrix": "runs the tests once for each Python",
    "make run": "`tests/examples` runs what it starts; a whole start takes half a minute",
    "make sbom": "`make image` and `make deb` run it; its judgements are tested in `tests/packaging/test_sbom.py`",
    "make try-hardened": BUILDS,
    "make translations": "writes catalogues that tests compare with the code (`tests/rules`)",
    "make try-compose": BUILDS,
    "make try-deb": BUILDS,
    "make try-image": BUILDS,
    "make upgrade-rehearsal": REHEARSES,
    "packaging/compose/stand-ins": BUILDS,
    "packaging/container/base": BUILDS,
    "packaging/environment": "`make image` and `make deb` run it",
    "pip install": "`make image` and `make deb` install the same files",
    "podman cp": "`make try-image` runs it",
    "podman run": "`make try-image` runs it",
    "podman save": "`make try-image` runs it",
    "python -m bench.failover": REHEARSES,
    "python -m bench.fleet.chaos": REHEARSES,
    "python -m bench.fleet.rolling": REHEARSES,
    "python -m examples.demonstration": "`make run` and `make try-compose` run it",
    "python -m flows": "`make docs` runs it; a test compares the page with the code",
    "python -m venv": "`tools/install` runs it",
    "systemctl daemon-reload": BOOTS,
    "systemctl enable": BOOTS,
    "systemctl reload": "`make try-hardened` runs it in a Debian of its own, as root",
    "systemctl restart": BOOTS,
    "systemctl start": BOOTS,
    "systemctl status": BOOTS,
    "systemd-run": "`make try-hardened` runs it in a Debian of its own, as root",
    "systemd-sysusers": INSTALLS,
    "systemd-tmpfiles": INSTALLS,
    "tools/install": "`.ci/run` begins with it",
    "tools/revise": "makes a file of a new step; the steps are tested (`tests/test_migrations.py`)",
}
"""Commands that a person or a script runs before a release, with the reason why no test does."""

NO_CLUSTER = "needs a cluster; the rendered chart is held against the schemas of Kubernetes"
NO_MACHINE = "belongs to a running machine; the files that it reads are tested (`tests/packaging`)"
NOT_RUN: Mapping[str, str] = {
    "helm upgrade": NO_CLUSTER,
    "journalctl": NO_MACHINE,
    "kubectl exec": NO_CLUSTER,
    "scripts/run-test-plan.py": "of the OpenID Foundation's suite, whose modules are in `tests/e2e/conformance`",
    "systemctl edit": NO_MACHINE,
}
"""Commands that nothing of ours runs."""


@cache
def documented() -> Mapping[str, frozenset[str]]:
    """Every command of the documents, by its name, with the pages that have it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PAGES:
        for name in _named(path.read_text(encoding="utf-8")):
            found[name].add(str(path.relative_to(ROOT)))
    return {name: frozenset(pages) for name, pages in found.items()}


def _named(text: str) -> Iterator[str]:
    for kind, block in BLOCK.findall(text):
        if kind in {"", "sh"}:
            yield from filter(None, map(name_of, shell.commands(block)))
        elif kind == "console":
            lines = "\n".join(CONSOLE.findall(block.replace("\\\n", " ")))
            yield from filter(None, map(name_of, shell.commands(lines)))
    for piece in INLINE.findall(BLOCK.sub("", text)):
        for words in shell.commands(re.sub(r"\s+", " ", piece)):
            if (len(words) > 1 or "/" in words[0]) and (name := name_of(words)) and _is_ours_or_listed(name):
                yield name


def _is_ours_or_listed(name: str) -> bool:
    """Return whether a piece of a sentence is a command: words like `nginx` may be the name of a program only."""
    return name.startswith(("idp ", "make ", "python -m ")) or name in listed() or _is_script(name)


def _is_script(name: str) -> bool:
    return (ROOT / name).is_file() and os.access(ROOT / name, os.X_OK)


def listed() -> Mapping[str, str]:
    return {**BY_TEST, **BY_HAND, **NOT_RUN}


def name_of(words: tuple[str, ...]) -> str:
    """Return the name under which a command is listed; empty for what needs no test."""
    if words[0] == "sudo":
        words = words[3:]  # sudo -u somebody
    program = words[0].rpartition("/bin/")[2]
    if program == "idp":
        return _name_of_ours(words[1:])
    if program.startswith("python") and "-m" in words:
        return f"python -m {words[words.index('-m') + 1]}"
    if program == "make":
        return next((f"make {word}" for word in words[1:] if re.fullmatch(r"[a-z-]+", word)), "")
    if program in GROUPS:
        rest = [word for before, word in pairwise(words) if before != "-n" and word[0] != "-"]
        return f"{program} {rest[0]}" if rest else ""
    if program in EVERYWHERE | OF_A_PAGE or not re.match(r"[a-z]", program) or "=" in program:
        return ""
    return program


def _name_of_ours(words: tuple[str, ...]) -> str:
    try:
        command, context, _ = resolved(words)
    except click.UsageError:
        return ""
    if isinstance(command, click.Group):
        return f"idp {words[0]}" if words and words[0].startswith("--") else ""
    return context.command_path


@cache
def runs() -> Mapping[str, tuple[str, ...]]:
    """The tests that run each `idp` command: they hand its words, one after the other, to whatever runs it."""
    ours = {tuple(name.split()[1:]): name for name in documented() if name.startswith("idp ")}
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("*.py")):
        place = str(path.relative_to(ROOT))
        if "node_modules" in path.parts or place.startswith(COMPARE):
            continue
        for words in _sequences(ast.parse(path.read_text(encoding="utf-8"))):
            for before, word, after in zip(words, words[1:], [*words[2:], ""], strict=False):
                alone = (word,) if before in {"idp", "main", "variables"} else ()
                for name in filter(None, (ours.get((word, after)), ours.get(alone))):
                    found[name].add(place)
    return {name: tuple(sorted(places, key=_nearest)) for name, places in found.items()}


def _sequences(tree: ast.Module) -> Iterator[list[str]]:
    """The words of each call, list and tuple: texts as they are, names in small letters, after the name of the call.

    The list that `CliRunner().invoke(main, […])` gets follows the name before it.
    """
    for node in ast.walk(tree):
        parts = [node.func, *node.args] if isinstance(node, ast.Call) else ["", *getattr(node, "elts", [])]
        words: list[str] = []
        for part in parts:
            nested = part.elts if isinstance(part, ast.List | ast.Tuple) else [part]
            words += [_word(each) for each in nested]
        yield words


def _word(part: ast.expr | str) -> str:
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        return part.value
    return part.id.lower() if isinstance(part, ast.Name) else ""


def _nearest(place: str) -> tuple[bool, str]:
    return not place.startswith("tests/commands/"), place


def tests_of(name: str) -> tuple[str, ...]:
    return runs().get(name, ()) if name.startswith("idp ") else tuple(filter(None, [BY_TEST.get(name, "")]))


def missing() -> list[str]:
    """The commands that nothing is said of."""
    return [
        name for name in sorted(documented()) if not tests_of(name) and name not in listed() and not _is_bench(name)
    ]


def _is_bench(name: str) -> bool:
    return name.startswith("python -m bench.")


def _reason(name: str) -> str:
    return BY_HAND.get(name, MEASURES if _is_bench(name) else "")


def document() -> str:
    """The page as it should be."""
    names = sorted(documented())
    tested = [(name, "<br>".join(f"`{each}`" for each in tests_of(name)[:MOST_TESTS])) for name in names]
    by_hand = [(name, _reason(name)) for name in names]
    left = [(name, NOT_RUN.get(name, "")) for name in names]
    return "\n".join(
        [
            INTRODUCTION,
            *_table("by", tested),
            "\n## By hand, or by a script that a person starts\n",
            *_table("why no test runs it", by_hand),
            "\n## Not run\n",
            *_table("why, and what is tested instead", left),
            "",
        ]
    )


def _table(heading: str, rows: list[tuple[str, str]]) -> list[str]:
    return [f"| command | {heading} |", "|---|---|", *(f"| `{name}` | {said} |" for name, said in rows if said)]


INTRODUCTION = """\
# How each command is tried

Each command that a page names stands in one of these tables, or a test fails. Every command of `idp`, target of `make`,
module and script exists besides, with the options that the pages give it (`tests/rules/test_documented_commands.py`).
`make docs` writes this page.

## By a test

`tools/install tests` installs the programs that they need, except `kubectl` and systemd's: a machine without
these leaves their tests out, and says so.
"""

if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
