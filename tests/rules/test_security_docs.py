"""The pages of docs/security that repeat the code are equal to it, and the written ones name what exists."""

import ast
import re
from itertools import chain

import pytest

from idp.audit.log import AuditEvent
from idp.settings_loader import shipped_limits
from idp.web import logging
from tests.rules.source import ROOT, modules
from tools import security_docs, security_inventories

SEALED_COLUMNS = {"sealed", "payload", "content", "answer", "private_key"}
EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
GETTING = "get_logger("
RECORDING = {"record"}
"""Of the audit trail, which some modules import under the same name."""
ROW_LIMITS = re.compile(r"`([^`]+)`")
INDEX = (security_docs.FOLDER / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", security_docs.PAGES)
def test_a_page_made_from_the_code_is_fresh(name: str) -> None:
    """`make docs` writes it anew."""
    assert (security_docs.FOLDER / name).read_text("utf-8") == security_docs.PAGES[name]()


def test_every_limit_says_what_it_counts() -> None:
    assert set(dict(security_docs._comments())) == set(shipped_limits())


def test_every_field_of_the_log_is_explained_and_none_is_dropped() -> None:
    written = {field for line in security_inventories.log_lines() for field in line.fields}

    assert set(security_inventories.FIELDS) == logging.ALLOWED
    assert written - logging.ALLOWED == set()


def test_every_line_of_the_log_is_listed_by_a_short_name() -> None:
    """Not a sentence: alerts and searches depend on it. A level or a name that is computed would be missing here."""
    written = [node for module in modules() for node in ast.walk(module.tree) if _writes_to_the_log(node)]
    lines = list(chain(*(security_inventories.lines_of(module.path) for module in modules())))

    assert len(lines) == len(written)
    assert {line.event for line in lines if not EVENT.fullmatch(line.event)} == set()


def test_the_log_has_one_name_in_every_module() -> None:
    """By another name its lines would be in no list."""
    named = {re.sub(r"\s", "", line) for module in modules() for line in module.text.splitlines() if GETTING in line}

    assert named == {"log=structlog.get_logger()"}


def _writes_to_the_log(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        and node.func.attr not in RECORDING
    )


def test_every_table_is_in_one_class_of_data() -> None:
    named = [table for each in security_inventories.CLASSES for table in each.tables.split()]

    assert sorted(named) == sorted(security_inventories.ALL_TABLES)


def test_a_class_promises_only_what_holds_for_each_of_its_tables() -> None:
    unchanging = [each.tables for each in security_inventories.CLASSES if "never changed" in each.protection]
    sealed = [each.tables.split() for each in security_inventories.CLASSES if each.protection.startswith("sealed")]
    open_ = [
        name for name in chain(*sealed) if not SEALED_COLUMNS & {*security_inventories.ALL_TABLES[name].columns.keys()}
    ]

    assert unchanging == [AuditEvent.__tablename__]
    assert open_ == []


def test_the_index_leads_to_every_page_and_to_files_that_exist() -> None:
    linked = set(re.findall(r"\]\(([^)#]+)[^)]*\)", INDEX))

    assert set(security_docs.PAGES) <= linked
    assert {link for link in linked if not (security_docs.FOLDER / link).exists()} == set()


def test_the_limits_of_each_pathway_exist() -> None:
    pathways = INDEX.partition("## Pathways")[2].partition("\n## ")[0]
    named = [limit for row in pathways.splitlines() if row.startswith("| ") for limit in ROW_LIMITS.findall(row)]

    assert len(named) > 20
    assert set(named) - {"two-step", "mfa", "phr", "acr", "limits.…"} - set(shipped_limits()) == set()


def test_the_settings_and_commands_that_the_index_names_exist() -> None:
    defaults = (ROOT / "config" / "defaults.toml").read_text("utf-8")
    named = re.findall(r"`(passwords|sessions|server|keys|sms|limits|passkeys)\.([a-z_]+)`", INDEX)

    assert named
    for section, name in named:
        assert f"[{section}.{name}]" in defaults or re.search(rf"^\[{section}\].*?^{name} =", defaults, re.M | re.S), (
            name
        )
